//! Sifts what was found beside an image: what is good, and if nothing is, why, in words that
//! scripts for cosign look for.

use touchmark_core::ErrorKind;

use super::finding::Refused;
use super::found::{Candidate, Found};
use super::verdict::Bad;
use super::{NO_CERTIFICATE, NO_SIGNATURES};
use crate::error::CliError;

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sought {
    Signatures,
    Attestations,
}

impl Sought {
    fn name(self) -> &'static str {
        match self {
            Self::Signatures => "signatures",
            Self::Attestations => "attestations",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Signatures => "sign the image with `touchmark sign`, or check its name",
            Self::Attestations => "attest the image with `touchmark attest`, or check its name",
        }
    }
}

/// What is good, and why not everything could be looked at, if so.
#[derive(Debug)]
pub(crate) struct Sifted<T> {
    pub(crate) accepted: Vec<T>,
    pub(crate) unseen: Option<CliError>,
}

impl<T> Sifted<T> {
    /// A good signature counts though others could not be seen, but that is told.
    pub(crate) fn note(&self, image: &str) -> Option<String> {
        let unseen = self.unseen.as_ref()?;
        Some(format!(
            "touchmark: note: {image}: not everything could be looked at: {}",
            unseen.message()
        ))
    }
}

/// The most reasons that an error lists; there can be a thousand candidates.
const MOST_CAUSES: usize = 20;

/// Why each candidate is no good.
fn causes(refused: &[Refused]) -> Vec<String> {
    let mut causes: Vec<String> = refused
        .iter()
        .take(MOST_CAUSES)
        .map(ToString::to_string)
        .collect();
    if let more @ 1.. = refused.len() - causes.len() {
        causes.push(format!("{more} more"));
    }
    causes
}

/// Judges every candidate. One that is good is enough; what is bad is kept in `refused`.
pub(crate) fn sift<T>(
    sought: Sought,
    found: Found,
    refused: &mut Vec<Refused>,
    judge: impl Fn(&Candidate) -> Result<T, Bad>,
) -> Result<Sifted<T>, CliError> {
    let mut accepted = Vec::new();
    let mut hint = None;
    for candidate in &found.candidates {
        match judge(candidate) {
            Ok(good) => accepted.push(good),
            Err((bad, its_hint)) => {
                hint = hint.or(its_hint);
                refused.push(bad);
            }
        }
    }
    if !accepted.is_empty() {
        return Ok(Sifted {
            accepted,
            unseen: found.failure,
        });
    }
    // What could not be looked at may have been the good one: that is told first.
    if let Some(error) = found.failure {
        return Err(error.also(causes(refused)));
    }
    if refused.is_empty() {
        return Err(none_found(sought));
    }
    Err(none_matches(sought, refused, hint))
}

/// Nothing that could be one was found.
pub(crate) fn none_found(sought: Sought) -> CliError {
    let what = sought.name();
    CliError::new(ErrorKind::Rejected, format!("no {what} found"))
        .hint(sought.hint())
        .with_code(NO_SIGNATURES)
}

/// What was found is no good: each reason is a cause.
fn none_matches(sought: Sought, refused: &[Refused], hint: Option<String>) -> CliError {
    if let [first, ..] = refused
        && refused.iter().all(|one| one.code == first.code)
        && first.code == "no-certificate"
    {
        return no_certificate(refused);
    }
    let what = sought.name();
    let count = refused.len();
    let of = if count == 1 {
        "the one that was found is not good".to_owned()
    } else {
        format!("none of the {count} that were found is good")
    };
    CliError::new(ErrorKind::Rejected, format!("no matching {what}: {of}"))
        .hint(hint.unwrap_or_else(|| "do not use the image before you know why".into()))
        .because(causes(refused))
}

fn no_certificate(refused: &[Refused]) -> CliError {
    CliError::new(ErrorKind::Rejected, "no certificate found on signature")
        .hint("it was made by a bare key: give --key, or --certificate with the signer's")
        .with_code(NO_CERTIFICATE)
        .because(causes(refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::finding::{Form, Place};

    #[test]
    fn a_thousand_candidates_make_a_short_error() {
        let refused = |count: usize| -> Vec<Refused> {
            let one = |number: usize| Refused {
                place: Place {
                    form: Form::Bundle,
                    at: number.to_string(),
                },
                code: "invalid-signature",
                reason: "bad".into(),
            };
            (0..count).map(one).collect()
        };
        assert_eq!(causes(&refused(MOST_CAUSES)).len(), MOST_CAUSES);
        let causes = causes(&refused(1000));
        assert_eq!(causes.len(), MOST_CAUSES + 1);
        assert_eq!(causes[MOST_CAUSES], "980 more");
    }
}
