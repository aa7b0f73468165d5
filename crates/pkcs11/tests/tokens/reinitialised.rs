//! Tokens that come back: after a fatal code the token is looked for again, and the key must be
//! the one that was opened.

use touchmark_core::{ErrorKind, KeyAlgorithm};
use touchmark_pkcs11::{KeyProblem, Pkcs11Error};
use touchmark_testkit::peers::openssl;
use touchmark_testkit::token::softhsm;

use crate::common::{detail, failure, open, provider, sign};

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

#[test]
fn the_same_key_signs_again() {
    let token = softhsm::token("restored");
    let key = openssl::generate(P256);
    token.import_key_pair(&key, "key", "01");
    let signer = open(&provider(&token), &token.uri("object=key"));
    sign(&*signer);
    softhsm::reinitialise(&token);
    // The backup may come back under another CKA_ID.
    token.import_key_pair(&key, "key", "02");
    sign(&*signer);
    sign(&*signer);
}

#[test]
fn another_key_of_the_same_name_is_refused() {
    let token = softhsm::token("replaced");
    token.generate(KeyAlgorithm::default(), "key", "01");
    let signer = open(&provider(&token), &token.uri("object=key"));
    sign(&*signer);
    softhsm::reinitialise(&token);
    token.generate(KeyAlgorithm::default(), "key", "01");
    let fault = failure(&*signer);
    assert_eq!(fault.kind(), ErrorKind::Key, "{fault:?}");
    assert!(
        matches!(
            detail(&fault),
            Pkcs11Error::Key { problem: KeyProblem::Replaced { found, expected }, .. }
                if found != expected && *expected == signer.public_key().key_id()
        ),
        "{fault:?}"
    );
}
