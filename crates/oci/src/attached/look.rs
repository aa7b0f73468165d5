//! The last look: whether what was attached is still there when the program ends.

use std::time::Duration;

use super::append::Again;
use super::{Appended, Replace, TRIES};
use crate::error::OciError;
use crate::registry::Operation;

impl Operation {
    /// Looks whether something that was attached is still there, and attaches it again if another
    /// writer has overwritten it. Tells whether it was there. Where somebody else writes at the
    /// same time, it looks until nothing changes between two looks.
    ///
    /// # Errors
    /// [`OciError::Lost`] where it cannot be kept there; otherwise what went wrong.
    pub async fn last_look(&self, appended: &Appended) -> Result<bool, OciError> {
        match &appended.again {
            Again::Layers(places, subject, kind, layers) => {
                let look =
                    || self.append(places, subject, *kind, layers.clone(), &Replace::Nothing);
                let mut last = look().await?;
                let was_there = last.was_there;
                let mut calm = was_there && !appended.contended;
                for _ in 0..TRIES {
                    if calm {
                        break;
                    }
                    self.budget.sleep(settle()).await;
                    let next = look().await?;
                    calm = next.was_there && next.manifest.digest == last.manifest.digest;
                    last = next;
                }
                Ok(was_there)
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

/// For as long as another writer may take from its reading to its writing.
fn settle() -> Duration {
    Duration::from_millis(fastrand::u64(100..300))
}
