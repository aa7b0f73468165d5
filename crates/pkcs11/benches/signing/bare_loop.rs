//! The floor: threads that do nothing but sign, and verify where touchmark must.

use std::thread;

use aws_lc_rs::digest::{Digest as LcDigest, SHA256, SHA384};
use aws_lc_rs::signature::ParsedPublicKey;
use touchmark_core::{HashAlgorithm, PublicKey};
use touchmark_testkit::token::TestToken;

use crate::bare::{Module, Session};
use crate::subject::Subject;

/// DER of a SHA-256 `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
const DIGEST_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// Sessions that are logged in, one per thread.
pub(crate) struct Bare<'m> {
    sessions: Vec<Session<'m>>,
    label: &'static str,
    mechanism: cryptoki_sys::CK_MECHANISM_TYPE,
    verifier: Option<ParsedPublicKey>,
    digest: LcDigest,
    input: Vec<u8>,
}

impl<'m> Bare<'m> {
    pub(crate) fn open(
        module: &'m Module,
        subject: &Subject,
        token: &TestToken,
        public: &PublicKey,
        threads: usize,
    ) -> Self {
        let session = || module.session(token.slot, &token.user_pin);
        let digest = subject.digest();
        let verifier = subject.verification.map(|algorithm| {
            ParsedPublicKey::new(algorithm, public.raw()).expect("the token's public key")
        });
        let input = match verifier {
            Some(_) => digest.as_bytes().to_vec(),
            None => [DIGEST_INFO, digest.as_bytes()].concat(),
        };
        let hash = match subject.hash {
            HashAlgorithm::Sha384 => &SHA384,
            _ => &SHA256,
        };
        Self {
            sessions: (0..threads).map(|_| session()).collect(),
            label: subject.label,
            mechanism: subject.mechanism,
            verifier,
            digest: LcDigest::import_less_safe(digest.as_bytes(), hash).expect("a digest"),
            input,
        }
    }

    /// Signs so often in all.
    pub(crate) fn run(&self, count: usize) {
        let each = count / self.sessions.len();
        thread::scope(|scope| {
            for session in &self.sessions {
                scope.spawn(move || self.sign(session, each));
            }
        });
    }

    fn sign(&self, session: &Session<'_>, count: usize) {
        let key = session.private_key(self.label);
        let mut signature = [0; 512];
        for _ in 0..count {
            let length = session.sign(key, self.mechanism, &self.input, &mut signature);
            if let Some(verifier) = &self.verifier {
                let verified = verifier.verify_digest_sig(&self.digest, &signature[..length]);
                verified.expect("a valid signature");
            }
        }
    }
}
