//! The index of referrers that registries without the referrers API keep under a tag.

use touchmark_core::Digest;
use touchmark_oci::{Manifest, Operation, Repository, Target};

use crate::error::CliError;

/// Takes these referrers out of the index. Where nothing else is in it, the tag goes.
pub(crate) async fn forget(
    operation: &Operation,
    repository: &Repository,
    subject: &Digest,
    referrers: &[Digest],
) -> Result<(), CliError> {
    let tag = Target::Tag(subject.to_string().replacen(':', "-", 1));
    let Some(manifest) = operation.find_manifest(repository, &tag).await? else {
        return Ok(());
    };
    let mut index = manifest.index()?;
    index
        .manifests
        .retain(|one| !referrers.contains(&one.digest));
    // Not every registry deletes, but every one takes an empty index.
    let manifest = Manifest::of_index(&index)?;
    operation.push_manifest(repository, &tag, &manifest).await?;
    Ok(())
}
