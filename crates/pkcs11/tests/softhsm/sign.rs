//! Opening and signing.

use std::process::Command;
use std::sync::Arc;

use touchmark_core::{CheckedSigner, KeyAlgorithm, Provider};
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};

use crate::support::{
    Answers, MODULE, PIN, block_on, generate, isolated, provider, sign_with_every_scheme, uri,
};

/// A key that another program made.
fn pkcs11_tool_key(kind: &str, label: &str, id: &str, more: &[&str]) {
    let made = Command::new("pkcs11-tool")
        .args(["--module", MODULE, "--login", "--pin", PIN, "--keypairgen"])
        .args(["--key-type", kind, "--label", label, "--id", id])
        .args(more)
        .output()
        .expect("pkcs11-tool is missing: run `sh tests/install.sh`");
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_key_of_pkcs11_tool_signs() {
    isolated("sign::a_key_of_pkcs11_tool_signs", || {
        pkcs11_tool_key("EC:prime256v1", "release", "01", &[]);
        let provider = provider();
        let schemes = block_on(sign_with_every_scheme(&provider, &uri("object=release")));
        assert_eq!(schemes, 3);
    });
}

#[test]
fn every_algorithm_is_made_and_signs() {
    isolated("sign::every_algorithm_is_made_and_signs", || {
        let provider = provider();
        block_on(async {
            for algorithm in KeyAlgorithm::GENERATED {
                let rest = format!("object={algorithm}");
                let made = generate(&provider, &rest, algorithm).await;
                assert_eq!(made.algorithm(), algorithm);
                assert_eq!(provider.public_key(&uri(&rest)).await.unwrap(), made);
                assert!(sign_with_every_scheme(&provider, &uri(&rest)).await > 0);
            }
        });
    });
}

#[test]
fn many_signatures_at_once_need_one_login() {
    isolated("sign::many_signatures_at_once_need_one_login", || {
        let answers = Answers::new(Some(PIN));
        let options = Pkcs11Options {
            sessions: 4,
            ..Pkcs11Options::default()
        };
        let provider = Pkcs11Provider::new(options, answers.clone());
        block_on(async {
            generate(&provider, "object=a", KeyAlgorithm::default()).await;
            let signer = provider.open(&uri("object=a")).await.unwrap();
            let signer = Arc::new(CheckedSigner::new(signer, None).unwrap());
            let tasks: Vec<_> = (0u32..200)
                .map(|number| {
                    let signer = Arc::clone(&signer);
                    tokio::spawn(async move {
                        let scheme = signer.schemes().next().unwrap();
                        let message = number.to_be_bytes().to_vec();
                        let prepared = scheme.prepare(&message).unwrap();
                        signer.sign(&prepared).await.unwrap()
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(answers.asked(), 1);
    });
}

#[test]
fn a_key_that_always_authenticates_asks_for_each_signature() {
    isolated(
        "sign::a_key_that_always_authenticates_asks_for_each_signature",
        || {
            pkcs11_tool_key("EC:prime256v1", "careful", "01", &["--always-auth"]);
            let answers = Answers::new(Some(PIN));
            let provider = Pkcs11Provider::new(Pkcs11Options::default(), answers.clone());
            let signed = block_on(sign_with_every_scheme(&provider, &uri("object=careful")));
            assert_eq!(answers.asked(), 1 + signed);
        },
    );
}

const ONE_SHOT: &str = "TOUCHMARK_TEST_ONE_SHOT";

#[test]
fn a_cold_process_signs() {
    let name = "sign::a_cold_process_signs";
    if std::env::var_os(ONE_SHOT).is_some() {
        block_on(sign_with_every_scheme(&provider(), &uri("object=a")));
        return;
    }
    isolated(name, || {
        block_on(generate(&provider(), "object=a", KeyAlgorithm::default()));
        block_on(sign_with_every_scheme(&provider(), &uri("object=a")));
    });
}

#[test]
fn heavy_eight_processes_start_and_sign_at_once() {
    isolated("sign::heavy_eight_processes_start_and_sign_at_once", || {
        block_on(generate(&provider(), "object=a", KeyAlgorithm::default()));
        let signers: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn(|| {
                    for _ in 0..40 {
                        let output = Command::new(std::env::current_exe().unwrap())
                            .args(["sign::a_cold_process_signs", "--exact"])
                            .env(ONE_SHOT, "1")
                            .output()
                            .unwrap();
                        let text = String::from_utf8_lossy(&output.stdout);
                        assert!(output.status.success(), "{text}");
                        assert!(text.contains("1 passed"), "{text}");
                    }
                })
            })
            .collect();
        for signer in signers {
            signer.join().unwrap();
        }
    });
}
