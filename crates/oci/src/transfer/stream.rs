//! Content on its way, compared with its descriptor before its last bytes are let go.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use touchmark_core::Hasher;

use crate::error::OciError;
use crate::manifest::Descriptor;
use crate::transport::Answer;

/// Bytes per read of a file.
const CHUNK: usize = 128 * 1024;

/// Where content comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A registry, which may stand still for so long.
    Answer(Box<Answer>, Duration),
    /// A file.
    File(File),
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, OciError> {
        match self {
            Self::Answer(answer, idle) => answer.stream(*idle).await,
            Self::File(file) => {
                let mut chunk = BytesMut::with_capacity(CHUNK);
                let read = file.read_buf(&mut chunk).await;
                let read = read.map_err(|error| OciError::setup_by("a blob on disk", error))?;
                Ok((read > 0).then(|| chunk.freeze()))
            }
        }
    }
}

/// Content that is compared with its descriptor. What does not match ends with an error before
/// the last of its bytes are given out, so nobody ever gets all of it.
#[derive(Debug)]
pub(crate) struct Checked {
    source: Source,
    descriptor: Descriptor,
    what: String,
    hasher: Option<Hasher>,
    received: u64,
}

impl Checked {
    pub(crate) fn new(source: Source, descriptor: &Descriptor, what: String) -> Self {
        Self {
            hasher: Some(Hasher::new(descriptor.digest.algorithm())),
            source,
            descriptor: descriptor.clone(),
            what,
            received: 0,
        }
    }

    /// The next bytes; `None` when all were given out and were right.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, OciError> {
        let Some(mut hasher) = self.hasher.take() else {
            return Ok(None);
        };
        let chunk = self.source.next().await?.unwrap_or_default();
        hasher.update(&chunk);
        self.received = self.received.saturating_add(chunk.len() as u64);
        if !chunk.is_empty() && self.received < self.descriptor.size {
            self.hasher = Some(hasher);
            return Ok(Some(chunk));
        }
        // The end as promised, or too early, or too much: more may come only after the end.
        let digest = hasher.finish();
        self.descriptor
            .check_found(&self.what, self.received, &digest)?;
        while let Some(more) = self.source.next().await? {
            let size = self.received.saturating_add(more.len() as u64);
            self.descriptor.check_found(&self.what, size, &digest)?;
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}
