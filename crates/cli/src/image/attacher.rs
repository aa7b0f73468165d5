//! Puts signatures beside images, and looks again before the end: registries have no
//! compare-and-swap, so that two writers at once can lose each other's.

use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use touchmark_formats::simple_signing;
use touchmark_oci::attached::{Appended, NewBundle, NewLayer};
use touchmark_oci::{Kind, Operation, Places, Registry, Replace, Subject};

use super::claim_signer::SignedPayload;
use crate::batch;
use crate::error::CliError;
use crate::progress::Progress;

/// Writes for all images of a run.
#[derive(Debug)]
pub(crate) struct Attacher {
    pub(crate) registry: Registry,
    pub(crate) places: Places,
    appended: Mutex<Vec<Appended>>,
}

impl Attacher {
    pub(crate) fn new(registry: Registry, places: Places) -> Self {
        Self {
            registry,
            places,
            appended: Mutex::default(),
        }
    }

    /// Appends payloads to the `.sig` tag.
    pub(crate) async fn payloads(
        &self,
        operation: &Operation,
        subject: &Subject,
        payloads: &[SignedPayload],
    ) -> Result<String, CliError> {
        let layers = payloads.iter().map(|signed| NewLayer {
            media_type: simple_signing::MEDIA_TYPE.into(),
            payload: signed.payload.clone().into(),
            annotations: signed.annotations.clone(),
        });
        let layers = layers.collect();
        self.layers(
            operation,
            subject,
            Kind::Signature,
            layers,
            &Replace::Nothing,
        )
        .await
    }

    /// Appends layers to a tag.
    pub(crate) async fn layers(
        &self,
        operation: &Operation,
        subject: &Subject,
        kind: Kind,
        layers: Vec<NewLayer>,
        replace: &Replace,
    ) -> Result<String, CliError> {
        let appended = operation
            .append(&self.places, subject, kind, layers, replace)
            .await?;
        Ok(self.keep(appended))
    }

    /// Writes a bundle as a referrer.
    pub(crate) async fn bundle(
        &self,
        operation: &Operation,
        subject: &Subject,
        bundle: &[u8],
        predicate_type: &str,
        replace: &Replace,
    ) -> Result<String, CliError> {
        let bundle = NewBundle {
            bundle: bundle.to_vec().into(),
            predicate_type: predicate_type.into(),
            created: OffsetDateTime::now_utc(),
        };
        let appended = operation
            .attach_bundle(&self.places, subject, bundle, replace)
            .await?;
        Ok(self.keep(appended))
    }

    fn keep(&self, appended: Appended) -> String {
        let place = appended.reference.to_string();
        let mut all = self.appended.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(appended);
        place
    }

    /// Looks at everything that this run wrote once more. What somebody overwrote in the meantime
    /// is written again, and told.
    pub(crate) async fn last_look(&self, lanes: usize) -> (Vec<String>, Vec<CliError>) {
        let all = {
            let mut all = self.appended.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *all)
        };
        let registry = self.registry.clone();
        let progress = Progress::new("looking again", all.len());
        let results = batch::run(all, lanes, &progress, move |all, at| {
            let registry = registry.clone();
            async move { look(&registry, &all[at]).await }
        })
        .await;
        let (mut notes, mut failures) = (Vec::new(), Vec::new());
        for result in results.into_iter().flatten() {
            match result {
                Ok(note) => notes.extend(note),
                Err(error) => failures.push(error),
            }
        }
        (notes, failures)
    }
}

async fn look(registry: &Registry, appended: &Appended) -> Result<Option<String>, CliError> {
    let place = &appended.reference;
    match registry.operation().last_look(appended).await {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(format!(
            "touchmark: note: {place} was overwritten by somebody else, and is written again"
        ))),
        Err(error) => Err(CliError::from(error).context(&place.to_string())),
    }
}
