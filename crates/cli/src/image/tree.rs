//! The manifests under an index.

use std::collections::BTreeSet;

use touchmark_core::ErrorKind;
use touchmark_oci::{Descriptor, Operation, Repository, Target, media_type};

use crate::error::CliError;

/// More manifests than any index has that somebody signs.
const MOST: usize = 1000;

/// The manifest itself and, if it is an index, everything under it: each once, an index before
/// what it lists.
pub(crate) async fn all(
    operation: &Operation,
    repository: &Repository,
    top: Descriptor,
) -> Result<Vec<Descriptor>, CliError> {
    let mut seen = BTreeSet::from([top.digest.to_string()]);
    let mut found = vec![top];
    let mut next = 0;
    while let Some(one) = found.get(next) {
        next += 1;
        if !is_index(&one.media_type) {
            continue;
        }
        let target = Target::Digest(one.digest.clone());
        let index = operation.manifest(repository, &target).await?.index()?;
        for child in index.manifests {
            if seen.insert(child.digest.to_string()) {
                found.push(child);
            }
        }
        if found.len() > MOST {
            return Err(CliError::new(
                ErrorKind::Malformed,
                format!("the index lists more than {MOST} manifests"),
            )
            .hint("sign the manifests that are needed by their digests"));
        }
    }
    Ok(found)
}

fn is_index(kind: &str) -> bool {
    kind == media_type::OCI_INDEX || kind == media_type::DOCKER_LIST
}
