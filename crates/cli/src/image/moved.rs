//! How `copy`, `save` and `load` tell what they moved.

use serde::Serialize;
use touchmark_oci::Kind;
use touchmark_oci::{Moved, What};

use crate::outcome::{Outcome, lines};

/// The JSON result.
#[derive(Serialize)]
struct Told<'a> {
    from: &'a str,
    to: &'a str,
    moved: Vec<One>,
}

/// One manifest.
#[derive(Serialize)]
struct One {
    #[serde(rename = "type")]
    kind: &'static str,
    digest: String,
    /// The image that it is, or belongs to.
    image: String,
}

/// One line for each manifest: `Copied signature sha256:… of sha256:…`.
pub(crate) fn outcome(from: &str, to: &str, done: &str, moved: &[Moved]) -> Outcome {
    let moved: Vec<One> = moved
        .iter()
        .map(|one| One {
            kind: kind(one.what),
            digest: one.digest.to_string(),
            image: one.image.to_string(),
        })
        .collect();
    let said = moved.iter().map(|one| {
        let One {
            kind,
            digest,
            image,
        } = one;
        if digest == image {
            format!("{done} {kind} {digest}: {from} to {to}")
        } else {
            format!("{done} {kind} {digest} of {image}")
        }
    });
    let text = lines(said);
    Outcome::text(text).json(&Told { from, to, moved })
}

fn kind(what: What) -> &'static str {
    match what {
        What::Image => "image",
        What::Attached(Kind::Signature) => "signature",
        What::Attached(Kind::Attestation) => "attestation",
        What::Attached(Kind::Sbom) => "sbom",
        _ => "referrer",
    }
}
