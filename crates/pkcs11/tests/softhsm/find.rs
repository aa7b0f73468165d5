//! Which token and key a URI means, and what is said where that is not one.

use touchmark_core::{ErrorKind, Explain, KeyAlgorithm, KeyUri, Provider};
use touchmark_pkcs11::{KeyProblem, Pkcs11Error, TokenProblem};

use crate::support::{
    MODULE, TOKEN, block_on, conf, generate, init_token, isolated, provider, provider_without_pin,
    sign_with_every_scheme, uri,
};

fn refusal(key: &KeyUri) -> touchmark_core::OpenError {
    block_on(provider().open(key)).unwrap_err()
}

#[test]
fn no_token_lists_those_that_are_there() {
    isolated("find::no_token_lists_those_that_are_there", || {
        for text in [
            "token=other",
            "serial=0",
            "model=other",
            "library-version=0.1",
        ] {
            let key = format!("pkcs11:{text}?module-path={MODULE}")
                .parse()
                .unwrap();
            let error = refusal(&key);
            assert_eq!(error.kind(), ErrorKind::Key);
            assert!(error.to_string().contains(TOKEN), "{error}");
        }
    });
}

#[test]
fn two_tokens_of_one_label_are_told_apart_by_serial_before_any_login() {
    let name = "find::two_tokens_of_one_label_are_told_apart_by_serial_before_any_login";
    isolated(name, || {
        init_token(&conf(), TOKEN);
        let error = block_on(provider_without_pin().open(&uri("object=a"))).unwrap_err();
        let touchmark_core::OpenError::Backend(fault) = &error else {
            panic!("{error:?}");
        };
        let Some(Pkcs11Error::Token {
            problem: TokenProblem::Several(tokens),
        }) = fault.downcast_ref()
        else {
            panic!("{error:?}");
        };
        assert_eq!(tokens.len(), 2);
        assert!(error.hint().unwrap().contains("serial="));
        let report = touchmark_pkcs11::probe(MODULE.as_ref(), std::time::Duration::from_secs(9));
        for token in report
            .unwrap()
            .tokens
            .iter()
            .filter(|token| token.initialized)
        {
            let both = [
                format!("serial={};object=a", token.serial),
                format!("slot-id={};object=b", token.slot_id),
            ];
            for rest in both {
                let provider = provider();
                block_on(generate(&provider, &rest, KeyAlgorithm::default()));
                assert!(block_on(sign_with_every_scheme(&provider, &uri(&rest))) > 0);
            }
        }
    });
}

#[test]
fn no_key_and_several_keys_list_what_is_there() {
    isolated("find::no_key_and_several_keys_list_what_is_there", || {
        let provider = provider();
        block_on(async {
            generate(&provider, "object=twin;id=%01", KeyAlgorithm::default()).await;
            generate(&provider, "object=twin;id=%02", KeyAlgorithm::default()).await;
        });
        let none = refusal(&uri("object=other"));
        let several = refusal(&uri("object=twin"));
        for error in [&none, &several] {
            assert_eq!(error.kind(), ErrorKind::Key);
            let text = error.to_string();
            assert!(text.contains("id=%01") && text.contains("id=%02"), "{text}");
        }
        assert!(several.hint().unwrap().contains("id="));
        assert!(
            block_on(sign_with_every_scheme(
                &provider,
                &uri("object=twin;id=%02")
            )) > 0
        );
        assert_eq!(
            refusal(&uri("object=twin;type=public")).kind(),
            ErrorKind::Key
        );
    });
}

#[test]
fn a_key_without_a_public_object_opens_with_what_was_pinned() {
    isolated(
        "find::a_key_without_a_public_object_opens_with_what_was_pinned",
        || {
            let key = uri("object=lonely");
            let made = block_on(generate(
                &provider(),
                "object=lonely",
                KeyAlgorithm::default(),
            ));
            let removed = std::process::Command::new("pkcs11-tool")
                .args(["--module", MODULE, "--login", "--pin", crate::support::PIN])
                .args(["--delete-object", "--type", "pubkey", "--label", "lonely"])
                .output()
                .expect("pkcs11-tool is missing: run `sh tests/install.sh`");
            assert!(removed.status.success(), "{removed:?}");
            let error = refusal(&key);
            let touchmark_core::OpenError::Backend(fault) = &error else {
                panic!("{error:?}");
            };
            assert!(matches!(
                fault.downcast_ref(),
                Some(Pkcs11Error::Key {
                    problem: KeyProblem::NoPublicKey,
                    ..
                })
            ));
            let provider = provider().with_pinned(key.clone(), made);
            assert!(block_on(sign_with_every_scheme(&provider, &key)) > 0);
        },
    );
}
