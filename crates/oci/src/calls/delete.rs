//! Deleting manifests and tags.

use http::Method;

use super::manifest::shown;
use crate::error::OciError;
use crate::exchange::Call;
use crate::reference::{Repository, Target};
use crate::registry::Operation;

impl Operation {
    /// Deletes a manifest by its digest, or a tag. Many registries delete by digest only.
    ///
    /// # Errors
    /// [`OciError::NotFound`] where it is not there; [`OciError::Refused`] with status 405 where
    /// the registry deletes nothing, or no tags.
    pub async fn delete(&self, repository: &Repository, target: &Target) -> Result<(), OciError> {
        let call = Call::new(Method::DELETE, repository, format!("manifests/{target}"));
        let reply = self.fetch(&call, 64 * 1024).await?;
        reply.success(|| shown(repository, target)).map(|_| ())
    }
}
