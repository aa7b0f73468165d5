//! `--platform`: one image of an index.

use serde_json::Value;
use touchmark_core::{Digest, ErrorKind};
use touchmark_oci::{Descriptor, Operation, Reference, Target};

use super::missing;
use crate::error::CliError;

/// The digest of an image; with a platform, of the image of that platform in an index.
pub(crate) async fn digest(
    operation: &Operation,
    image: &Reference,
    platform: Option<&str>,
) -> Result<Digest, CliError> {
    let digest = super::digest(operation, image).await?;
    let Some(platform) = platform else {
        return Ok(digest);
    };
    let target = Target::from(&digest);
    let manifest = operation.manifest(image.repository(), &target).await;
    let manifest = manifest.map_err(|error| missing(image, error))?;
    if !manifest.is_index() {
        return Ok(digest);
    }
    let index = manifest.index()?;
    let is_wanted = |one: &&Descriptor| named(one).is_some_and(|name| is_same(&name, platform));
    match index.manifests.iter().find(is_wanted) {
        Some(found) => Ok(found.digest.clone()),
        None => Err(none(platform, &index.manifests)),
    }
}

/// `os/architecture[/variant]`.
fn named(one: &Descriptor) -> Option<String> {
    let platform = one.other.get("platform")?;
    let text = |name: &str| platform.get(name).and_then(Value::as_str);
    let name = format!("{}/{}", text("os")?, text("architecture")?);
    Some(match text("variant") {
        Some(variant) => format!("{name}/{variant}"),
        None => name,
    })
}

/// A platform without a variant is any of them.
fn is_same(name: &str, wanted: &str) -> bool {
    name == wanted
        || name
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with('/') && wanted.contains('/'))
}

fn none(platform: &str, manifests: &[Descriptor]) -> CliError {
    let known: Vec<String> = manifests.iter().filter_map(named).collect();
    CliError::new(
        ErrorKind::Failed,
        format!("the index has no image for {platform}"),
    )
    .hint(format!("it has {}", known.join(", ")))
}
