//! Opening and signing.

use std::process::Command;

use touchmark_core::{CheckedSigner, Provider};
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};

use crate::pin::Answers;
use crate::token::{MODULE, PIN, isolated, uri};

/// A key that another program made.
fn pkcs11_tool_key(kind: &str, label: &str, id: &str) {
    let made = Command::new("pkcs11-tool")
        .args(["--module", MODULE, "--login", "--pin", PIN, "--keypairgen"])
        .args(["--key-type", kind, "--label", label, "--id", id])
        .output()
        .expect("pkcs11-tool is missing: run `sh tests/install.sh`");
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_key_of_pkcs11_tool_signs() {
    isolated("sign::a_key_of_pkcs11_tool_signs", || {
        pkcs11_tool_key("EC:prime256v1", "release", "01");
        let answers = Answers::new(Some(PIN));
        let provider = Pkcs11Provider::new(Pkcs11Options::default(), answers.clone());
        block_on(async {
            let signer = provider.open(&uri("object=release")).await.unwrap();
            let signer = CheckedSigner::new(signer, None).unwrap();
            let message = b"message".to_vec();
            for scheme in signer.schemes().collect::<Vec<_>>() {
                let prepared = scheme.prepare(&message).unwrap();
                signer.sign(&prepared).await.unwrap();
            }
        });
        assert_eq!(answers.asked(), 1);
    });
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
