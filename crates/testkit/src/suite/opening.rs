//! Opening keys: the right one, always the same one, never a guess.

use touchmark_core::{CheckedSigner, Explain, KeyUri, OpenError, Signer};

use super::Subject;
use super::managing::assert_key_error;
use crate::peers::openssl;

/// Opens a key twice, and its public half alone.
pub(super) async fn opens_the_same_key_each_time(
    subject: &Subject<'_>,
    key: &KeyUri,
) -> Box<dyn Signer> {
    let open = async || {
        let opened = subject.provider.open(key).await;
        opened.unwrap_or_else(|error| panic!("{key}: {error} ({:?})", error.hint()))
    };
    let (first, second) = (open().await, open().await);
    assert_eq!(first.public_key(), second.public_key(), "{key}");
    let public = subject.provider.public_key(key).await;
    let public = public.unwrap_or_else(|error| panic!("{key}: {error}"));
    assert_eq!(&public, first.public_key(), "{key}");
    says_no_secret(subject, &format!("{:?} {first:?}", subject.provider));
    first
}

/// A URI that names nothing is an error of kind `Key`, with a hint, from every way in.
pub(super) async fn unknown_keys_are_key_errors(subject: &Subject<'_>) {
    let opened = subject.provider.open(&subject.missing).await;
    let opened = opened.expect_err("a missing key opens");
    let read = subject.provider.public_key(&subject.missing).await;
    let read = read.expect_err("a missing key has a public half");
    for error in [opened, read] {
        assert_key_error(&error);
        assert!(error.hint().is_some(), "no hint: {error}");
        says_no_secret(subject, &format!("{error} {error:?} {:?}", error.hint()));
    }
}

/// The core's wrapper takes the signer with its own key, for all its schemes, and with no other.
pub(super) async fn the_pinned_key_is_enforced(subject: &Subject<'_>, key: &KeyUri) {
    let open = async || subject.provider.open(key).await.expect("a signer");
    let signer = open().await;
    let (own, schemes) = (signer.public_key().clone(), signer.schemes().to_vec());
    let checked = CheckedSigner::new(signer, Some(&own)).expect("its own key is the pinned one");
    assert_eq!(checked.schemes().collect::<Vec<_>>(), schemes);
    let message = b"checked".to_vec();
    let prepared = schemes[0].prepare(&message).expect("a message");
    checked
        .sign(&prepared)
        .await
        .expect("a signature that verifies");

    let other = openssl::public_key(&openssl::generate("-algorithm ED25519"));
    match CheckedSigner::new(open().await, Some(&other)) {
        Err(OpenError::NotPinned { found, pinned }) => {
            assert_eq!((found, pinned), (own.key_id(), other.key_id()));
        }
        result => panic!("another key than the pinned one: {result:?}"),
    }
}

fn says_no_secret(subject: &Subject<'_>, text: &str) {
    for secret in subject.secrets {
        assert!(!text.contains(secret), "a secret is in: {text}");
    }
}
