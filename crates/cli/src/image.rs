//! What the verbs for images share: making claims, attaching them, finding and judging them.

pub(crate) mod attacher;
pub(crate) mod attestation_file;
pub(crate) mod attestations;
pub(crate) mod attesting;
pub(crate) mod claim_signer;
pub(crate) mod claims;
pub(crate) mod fallback;
pub(crate) mod finding;
pub(crate) mod found;
pub(crate) mod moved;
pub(crate) mod outputs;
pub(crate) mod platform;
pub(crate) mod saved;
pub(crate) mod sift;
pub(crate) mod signing;
pub(crate) mod station;
pub(crate) mod tree;
pub(crate) mod verdict;
pub(crate) mod verified;
pub(crate) mod verifier;

use std::sync::Arc;

use touchmark_core::Digest;
use touchmark_oci::{Image, OciError, Operation, Places, Reference};

use crate::batch;
use crate::error::CliError;
use crate::progress::Progress;
use crate::switches;

/// The exit code where there is no signature, as cosign has it.
pub(crate) const NO_SIGNATURES: u8 = 10;

/// The exit code where there is no such image, as cosign has it.
pub(crate) const NOT_FOUND: u8 = 11;

/// The exit code where a signature has no certificate and one is needed, as cosign has it.
pub(crate) const NO_CERTIFICATE: u8 = 13;

/// Reads the names of images, all of them before anything is done.
pub(crate) fn references(images: &[String]) -> Result<Vec<(String, Reference)>, CliError> {
    images
        .iter()
        .map(|image| Ok((image.clone(), image.parse()?)))
        .collect()
}

/// Does the same with every image, as many at once as there are connections. A result is `None` only
/// if its work was stopped.
pub(crate) async fn each<S, R, F, Fut>(
    doing: &'static str,
    images: Vec<(String, Reference)>,
    lanes: usize,
    shared: &Arc<S>,
    work: F,
) -> Vec<Option<R>>
where
    S: Send + Sync + 'static,
    R: Send + 'static,
    F: Fn(Arc<S>, String, Reference) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = R> + Send,
{
    let progress = Progress::new(doing, images.len());
    let shared = Arc::clone(shared);
    batch::run(images, lanes, &progress, move |images, at| {
        let (given, image) = images[at].clone();
        work(Arc::clone(&shared), given, image)
    })
    .await
}

/// An image that is not there has a code of its own; its message has cosign's words.
pub(crate) fn missing(image: &Reference, error: OciError) -> CliError {
    if error.is_not_found() {
        let hint = touchmark_core::Explain::hint(&error).unwrap_or_default();
        return CliError::new(
            touchmark_core::ErrorKind::Failed,
            format!("image tag not found: {image}"),
        )
        .hint(hint)
        .with_code(NOT_FOUND);
    }
    error.into()
}

/// Where signatures are kept: beside the image, or where cosign's variables say.
pub(crate) fn places() -> Result<Places, CliError> {
    let repository = match std::env::var("COSIGN_REPOSITORY") {
        Ok(name) if !name.is_empty() => Some(name.parse().map_err(|error: OciError| {
            CliError::from(error)
                .context("COSIGN_REPOSITORY")
                .hint("it is REGISTRY/REPOSITORY, without a tag")
        })?),
        _ => None,
    };
    let docker = std::env::var("COSIGN_DOCKER_MEDIA_TYPES").unwrap_or_default();
    Ok(Places {
        repository,
        docker_media_types: switches::parse(&docker).unwrap_or(false),
    })
}

/// An image's digest: the one that is named, or the one of its tag.
pub(crate) async fn digest(operation: &Operation, image: &Reference) -> Result<Digest, CliError> {
    let found = operation.digest(image).await;
    found.map_err(|error| missing(image, error))
}

/// What a bundle's manifest says it is.
pub(crate) fn predicate_type(manifest: &Image) -> Option<String> {
    let said = manifest
        .annotations
        .get("dev.sigstore.bundle.predicateType");
    said.cloned()
}
