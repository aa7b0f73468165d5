//! Making, listing, disabling and destroying keys, and the certificates beside them.

use std::process::Command;

use touchmark_core::{
    ErrorKind, Explain, KeyAlgorithm, KeyListing, KeyUri, ManageError, Provider, PublicKey,
};
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};

use crate::support::{
    MODULE, TOKEN, block_on, conf, generate, init_token, isolated, provider, provider_without_pin,
    sign_with_every_scheme, uri,
};

async fn list(provider: &Pkcs11Provider, filter: &KeyUri) -> Vec<KeyListing> {
    provider.lister().unwrap().list(filter).await.unwrap()
}

fn value(listing: &KeyListing, name: &str) -> Option<bool> {
    let found = listing.protection.iter().find(|p| p.name == name);
    found.unwrap().value
}

#[test]
fn a_made_key_is_protected_and_listed_under_a_uri_that_finds_it() {
    let name = "manage::a_made_key_is_protected_and_listed_under_a_uri_that_finds_it";
    isolated(name, || {
        block_on(async {
            let provider = provider();
            let made = generate(&provider, "object=a%20b", KeyAlgorithm::default()).await;
            generate(&provider, "object=other;id=%07%08", KeyAlgorithm::default()).await;
            let listings = list(&provider, &uri("")).await;
            assert_eq!(listings.len(), 2);
            let listing = listings.iter().find(|l| l.label.as_deref() == Some("a b"));
            let listing = listing.unwrap();
            assert_eq!(listing.public_key.as_ref(), Some(&made));
            assert_eq!(listing.id.as_ref().unwrap().len(), 32);
            assert_eq!(listing.token.as_deref(), Some(TOKEN));
            for name in [
                "sensitive",
                "alwaysSensitive",
                "neverExtractable",
                "local",
                "sign",
            ] {
                assert_eq!(value(listing, name), Some(true), "{name}");
            }
            assert_eq!(value(listing, "extractable"), Some(false));
            assert!(sign_with_every_scheme(&provider, &listing.uri).await > 0);
            assert_eq!(
                list(&provider, &listing.uri).await,
                std::slice::from_ref(listing)
            );
        });
    });
}

#[test]
fn without_a_pin_the_public_halves_are_listed() {
    isolated("manage::without_a_pin_the_public_halves_are_listed", || {
        let made = block_on(async {
            let provider = provider();
            generate(&provider, "object=a", KeyAlgorithm::default()).await
        });
        block_on(async {
            let listings = list(&provider_without_pin(), &uri("")).await;
            assert_eq!(listings.len(), 1);
            assert_eq!(listings[0].public_key.as_ref(), Some(&made));
            assert_eq!(value(&listings[0], "sensitive"), None);
            assert!(sign_with_every_scheme(&provider(), &listings[0].uri).await > 0);
        });
    });
}

#[test]
fn several_tokens_are_listed_without_a_pin() {
    isolated("manage::several_tokens_are_listed_without_a_pin", || {
        init_token(&conf(), "second");
        let answers = crate::support::Answers::new(Some("9999"));
        let provider = Pkcs11Provider::new(Pkcs11Options::default(), answers.clone());
        let all: KeyUri = format!("pkcs11:?module-path={MODULE}").parse().unwrap();
        assert_eq!(block_on(list(&provider, &all)), []);
        assert_eq!(answers.asked(), 0);
    });
}

#[test]
fn a_taken_name_makes_no_second_key() {
    isolated("manage::a_taken_name_makes_no_second_key", || {
        block_on(async {
            let provider = provider();
            generate(&provider, "object=a;id=%01", KeyAlgorithm::default()).await;
            let generator = provider.generator().unwrap();
            for rest in [
                "object=a",
                "object=a;id=%01",
                "object=b;id=%01",
                "object=a;type=public",
            ] {
                let made = generator
                    .generate(&uri(rest), KeyAlgorithm::default())
                    .await;
                assert_eq!(made.unwrap_err().kind(), ErrorKind::Key, "{rest}");
            }
            let unnamed = generator
                .generate(&uri("id=%02"), KeyAlgorithm::default())
                .await;
            assert_eq!(unnamed.unwrap_err().kind(), ErrorKind::Usage);
            assert_eq!(list(&provider, &uri("")).await.len(), 1);
        });
    });
}

#[test]
fn a_key_goes_only_with_its_own_id_and_takes_its_certificate_along() {
    let name = "manage::a_key_goes_only_with_its_own_id_and_takes_its_certificate_along";
    isolated(name, || {
        block_on(async {
            let provider = provider();
            let key = uri("object=a");
            let made = generate(&provider, "object=a", KeyAlgorithm::default()).await;
            let other = generate(&provider, "object=b", KeyAlgorithm::default()).await;
            let certificate = certificate_for(&made);
            provider
                .certificates()
                .unwrap()
                .store(&key, &certificate)
                .await
                .unwrap();
            let destroyer = provider.destroyer().unwrap();
            let refused = destroyer.destroy(&key, &other.key_id()).await.unwrap_err();
            assert!(matches!(refused, ManageError::NotConfirmed { .. }));
            assert_eq!(refused.kind(), ErrorKind::Key);
            assert_eq!(list(&provider, &uri("")).await.len(), 2);
            let gone = destroyer.destroy(&key, &made.key_id()).await.unwrap();
            assert_eq!(gone.len(), 3, "{gone:?}");
            let left = list(&provider, &uri("")).await;
            assert_eq!(left.len(), 1);
            assert_eq!(left[0].public_key.as_ref(), Some(&other));
        });
    });
}

#[test]
fn a_disabled_key_does_not_sign_until_it_is_enabled() {
    isolated(
        "manage::a_disabled_key_does_not_sign_until_it_is_enabled",
        || {
            block_on(async {
                let provider = provider();
                let key = uri("object=a");
                let made = generate(&provider, "object=a", KeyAlgorithm::default()).await;
                let switch = provider.switch().unwrap();
                assert_eq!(
                    switch.set_enabled(&key, false).await.unwrap(),
                    made.key_id()
                );
                let error = provider.open(&key).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Key);
                assert!(error.hint().unwrap().contains("touchmark key enable"));
                switch.set_enabled(&key, true).await.unwrap();
                assert!(sign_with_every_scheme(&provider, &key).await > 0);
            });
        },
    );
}

#[test]
fn a_certificate_is_kept_only_beside_its_own_key() {
    isolated(
        "manage::a_certificate_is_kept_only_beside_its_own_key",
        || {
            block_on(async {
                let provider = provider();
                let key = uri("object=a");
                let made = generate(&provider, "object=a", KeyAlgorithm::default()).await;
                let other = generate(&provider, "object=b", KeyAlgorithm::default()).await;
                let store = provider.certificates().unwrap();
                assert_eq!(store.certificate(&key).await.unwrap(), None);
                let wrong = store
                    .store(&key, &certificate_for(&other))
                    .await
                    .unwrap_err();
                assert_eq!(wrong.kind(), ErrorKind::Key);
                let malformed = store.store(&key, b"no certificate").await.unwrap_err();
                assert_eq!(malformed.kind(), ErrorKind::Malformed);
                for certificate in [certificate_for(&made), certificate_for(&made)] {
                    let id = store.store(&key, &certificate).await.unwrap();
                    assert_eq!(id, made.key_id());
                    assert_eq!(store.certificate(&key).await.unwrap(), Some(certificate));
                }
            });
        },
    );
}

/// A certificate (DER) for a public key, issued by OpenSSL.
fn certificate_for(key: &PublicKey) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("key.pub"), key.to_pem()).unwrap();
    let openssl = |arguments: &str| {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(dir.path())
            .output()
            .expect("openssl is missing: run `sh tests/install.sh`");
        assert!(output.status.success(), "{output:?}");
    };
    openssl("ecparam -name prime256v1 -genkey -noout -out ca.key");
    openssl(
        "x509 -new -subj /CN=test -force_pubkey key.pub -signkey ca.key -outform DER -out c.der",
    );
    std::fs::read(path("c.der")).unwrap()
}
