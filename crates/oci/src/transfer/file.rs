//! Writes content to a folder's blob, whole or not at all.

use tokio::io::AsyncWriteExt;
use touchmark_core::Digest;

use super::stream::Checked;
use crate::error::OciError;
use crate::layout::Folder;

pub(super) async fn store(
    folder: &Folder,
    digest: &Digest,
    mut content: Checked,
) -> Result<(), OciError> {
    let failed = |error| OciError::setup_by(format!("{} cannot be written", folder.shown()), error);
    let temporary = folder.temporary(digest)?;
    let mut file = tokio::fs::File::from_std(temporary.reopen().map_err(failed)?);
    while let Some(chunk) = content.next().await? {
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    folder.keep(temporary, digest)
}
