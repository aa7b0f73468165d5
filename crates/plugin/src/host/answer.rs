//! What comes out of a call, judged as cosign judges it, and then more strictly.

use touchmark_core::{KeyAlgorithm, PublicKey, PublicKeyError, Signature, SignatureError};

use super::process::{Ending, Outcome};
use super::quote::{Quote, clean};
use super::{Plugin, PluginError};
use crate::wire::{self, PublicKeyPem, RESPONSE_LIMIT, Response, SignatureBytes};

impl Plugin {
    /// The response of a call that succeeded. The exit status means nothing; dying by a signal
    /// does.
    pub(super) fn interpret(&self, outcome: Outcome) -> Result<Response, PluginError> {
        let program = self.name.clone();
        let stderr = Quote::new(&outcome.stderr, &self.secrets);
        match outcome.ending {
            Ending::Exited => self.read_response(&outcome.stdout, stderr),
            Ending::NotStarted(source) => Err(PluginError::Start { program, source }),
            Ending::Signal(signal) => Err(PluginError::Died {
                program,
                signal,
                stderr,
            }),
            Ending::TimedOut => Err(PluginError::TimedOut {
                program,
                seconds: self.timeout.as_secs_f32(),
                stderr,
            }),
            Ending::Flooded => Err(PluginError::TooLong {
                program,
                limit: RESPONSE_LIMIT,
                stderr,
            }),
        }
    }

    fn read_response(&self, stdout: &[u8], stderr: Quote) -> Result<Response, PluginError> {
        let program = self.name.clone();
        let response = match wire::parse_response(stdout) {
            Ok(response) => response,
            Err(source) => {
                return Err(PluginError::NotJson {
                    program,
                    answered: describe(stdout),
                    source,
                    stderr,
                });
            }
        };
        match response.error_message.as_deref() {
            None | Some("") => Ok(response),
            Some(message) => Err(PluginError::Refused {
                program,
                message: clean(message.as_bytes(), &self.secrets),
                stderr,
            }),
        }
    }

    /// The public key of an answer: one PEM block of a supported kind.
    pub(super) fn read_public_key(
        &self,
        answer: Option<PublicKeyPem>,
        method: &'static str,
    ) -> Result<PublicKey, PluginError> {
        let pem = answer.and_then(|answer| answer.public_key_pem);
        let pem = pem.ok_or_else(|| self.missing(method))?;
        let key = match str::from_utf8(&pem) {
            Ok(text) => PublicKey::from_pem(text),
            Err(_) => Err(PublicKeyError::NoPem),
        };
        key.map_err(|source| PluginError::PublicKey {
            program: self.name.clone(),
            source,
        })
    }

    /// The signature of an answer. ECDSA signatures are DER, but `r ‖ s` is taken too: cosign
    /// verifies both.
    pub(super) fn read_signature(
        &self,
        answer: Option<SignatureBytes>,
        key: KeyAlgorithm,
    ) -> Result<Signature, PluginError> {
        let bytes = answer.and_then(|answer| answer.signature);
        let bytes = bytes.ok_or_else(|| self.missing("signMessage"))?;
        normalise(bytes, key).map_err(|source| PluginError::Signature {
            program: self.name.clone(),
            source,
        })
    }

    pub(super) fn missing(&self, method: &'static str) -> PluginError {
        PluginError::Missing {
            program: self.name.clone(),
            method,
        }
    }
}

/// What there is instead of an answer.
fn describe(stdout: &[u8]) -> &'static str {
    let is_json = |line: &[u8]| line.trim_ascii_start().starts_with(b"{");
    let mut lines = stdout.split(|byte| *byte == b'\n');
    if stdout.trim_ascii().is_empty() {
        return "nothing";
    }
    match (lines.next().is_some_and(is_json), lines.any(is_json)) {
        (false, true) => "a log line",
        (true, true) => "several objects",
        (true, false) => "malformed JSON",
        (false, false) => "other text",
    }
}

fn normalise(bytes: Vec<u8>, key: KeyAlgorithm) -> Result<Signature, SignatureError> {
    let KeyAlgorithm::Ecdsa(curve) = key else {
        return Ok(Signature::from_bytes(bytes));
    };
    let signature = Signature::from_bytes(bytes);
    match signature.check_der() {
        Ok(()) => Ok(signature),
        Err(_) if signature.as_bytes().len() == 2 * curve.field_len() => {
            Signature::from_p1363(curve, signature.as_bytes())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::Curve;

    use super::*;

    #[test]
    fn ecdsa_signatures_become_der() {
        let key = KeyAlgorithm::Ecdsa(Curve::P256);
        let der = Signature::from_p1363(Curve::P256, &[1; 64]).unwrap();
        assert_eq!(normalise(vec![1; 64], key).unwrap(), der);
        assert_eq!(normalise(der.as_bytes().to_vec(), key).unwrap(), der);
        let mut trailing = der.as_bytes().to_vec();
        trailing.push(0);
        for bad in [Vec::new(), vec![1; 63], vec![1; 96], trailing] {
            assert!(normalise(bad, key).is_err());
        }
        assert!(normalise(vec![1; 64], KeyAlgorithm::Ed25519).is_ok());
    }
}
