//! Puts signatures beside images, and looks again before the end: registries have no
//! compare-and-swap, so that two writers at once can lose each other's.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use touchmark_formats::simple_signing;
use touchmark_oci::attached::{Appended, NewBundle, NewLayer};
use touchmark_oci::{Kind, Operation, Places, Registry, Replace, Subject};

use super::claim_signer::SignedPayload;
use crate::batch;
use crate::error::CliError;
use crate::progress::Progress;

/// Where something was attached.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The tag, or the referrer.
    pub(crate) place: String,
    /// Whether it had been there already, and nothing was written.
    pub(crate) was_there: bool,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = if self.was_there { " (was there)" } else { "" };
        write!(f, "{}{there}", self.place)
    }
}

impl Serialize for Written {
    /// The place alone.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.place)
    }
}

/// The places of several forms in one line.
pub(crate) fn places(of: &[&Option<Written>]) -> String {
    let shown: Vec<String> = of
        .iter()
        .copied()
        .flatten()
        .map(Written::to_string)
        .collect();
    shown.join(", ")
}

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
    ) -> Result<Written, CliError> {
        let layers = payloads.iter().map(|signed| NewLayer {
            media_type: simple_signing::MEDIA_TYPE.into(),
            payload: signed.payload.clone().into(),
            annotations: signed.annotations.clone(),
            repeats: signed.repeats.clone(),
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
    ) -> Result<Written, CliError> {
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
    ) -> Result<Written, CliError> {
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

    fn keep(&self, appended: Appended) -> Written {
        let written = Written {
            place: appended.reference.to_string(),
            was_there: appended.was_there,
        };
        let mut all = self.appended.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(appended);
        written
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
