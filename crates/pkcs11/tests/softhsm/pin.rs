//! PINs: asked for lazily, tried once.

use std::sync::Arc;

use touchmark_core::{ErrorKind, Explain, KeyAlgorithm, OpenError, Provider};
use touchmark_pkcs11::{PinProblem, PinTries, Pkcs11Error, Pkcs11Options, Pkcs11Provider};

use crate::support::{
    Answers, MODULE, PIN, block_on, generate, isolated, provider, provider_without_pin,
    sign_with_every_scheme, uri,
};

fn problem(error: &OpenError) -> PinProblem {
    assert_eq!(error.kind(), ErrorKind::Secret);
    let OpenError::Backend(fault) = error else {
        panic!("{error:?}");
    };
    match fault.downcast_ref() {
        Some(Pkcs11Error::Pin { problem, .. }) => *problem,
        _ => panic!("{error:?}"),
    }
}

#[test]
fn a_wrong_pin_is_tried_once_however_many_ask() {
    isolated("pin::a_wrong_pin_is_tried_once_however_many_ask", || {
        let answers = Answers::new(Some("9999"));
        let options = Pkcs11Options {
            sessions: 4,
            ..Pkcs11Options::default()
        };
        let provider = Arc::new(Pkcs11Provider::new(options, answers.clone()));
        block_on(async {
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let provider = Arc::clone(&provider);
                    tokio::spawn(async move { provider.open(&uri("object=a")).await })
                })
                .collect();
            for task in tasks {
                let error = task.await.unwrap().unwrap_err();
                assert_eq!(problem(&error), PinProblem::Wrong(PinTries::CountLow));
                assert!(!format!("{error} {error:?}").contains("9999"));
            }
        });
        assert_eq!(answers.asked(), 1);
    });
}

#[test]
fn without_a_pin_public_keys_are_read_and_nothing_is_signed() {
    isolated(
        "pin::without_a_pin_public_keys_are_read_and_nothing_is_signed",
        || {
            let made = block_on(async {
                let provider = provider();
                generate(&provider, "object=a", KeyAlgorithm::default()).await
            });
            let provider = provider_without_pin();
            let key = uri("object=a");
            assert_eq!(block_on(provider.public_key(&key)).unwrap(), made);
            let error = block_on(provider.open(&key)).unwrap_err();
            assert_eq!(problem(&error), PinProblem::Missing);
            assert!(error.hint().unwrap().contains("TOUCHMARK_PIN"));
        },
    );
}

#[test]
fn the_pin_source_of_the_uri_wins() {
    isolated("pin::the_pin_source_of_the_uri_wins", || {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{PIN}\n")).unwrap();
        block_on(generate(&provider(), "object=a", KeyAlgorithm::default()));
        let answers = Answers::new(Some("9999"));
        let provider = Pkcs11Provider::new(Pkcs11Options::default(), answers.clone());
        let path = file.path().display();
        let text = format!("pkcs11:object=a?module-path={MODULE}&pin-source=file:{path}");
        assert!(block_on(sign_with_every_scheme(&provider, &text.parse().unwrap())) > 0);
        assert_eq!(answers.asked(), 0);
    });
}
