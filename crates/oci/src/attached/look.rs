//! The last look: whether what was attached is still there when the program ends.

use super::append::Again;
use super::{Appended, Replace};
use crate::error::OciError;
use crate::registry::Operation;

impl Operation {
    /// Looks whether something that was attached is still there, and attaches it again if another
    /// writer has overwritten it. Tells whether it was there.
    ///
    /// # Errors
    /// [`OciError::Lost`] where it cannot be kept there; otherwise what went wrong.
    pub async fn last_look(&self, appended: &Appended) -> Result<bool, OciError> {
        match &appended.again {
            Again::Layers(places, subject, kind, layers) => {
                let again = self
                    .append(places, subject, *kind, layers.clone(), &Replace::Nothing)
                    .await?;
                Ok(again.was_there)
            }
            Again::Bundle(places, subject, bundle) => {
                let (repository, reference) = (
                    places.repository_for(&subject.repository),
                    &appended.reference,
                );
                let digest = &subject.manifest.digest;
                if self.is_listed(repository, digest, reference).await? {
                    return Ok(true);
                }
                self.attach_bundle(places, subject, bundle.clone(), &Replace::Nothing)
                    .await?;
                Ok(false)
            }
        }
    }
}
