//! Manifests: what a name stands for, and its content.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use touchmark_core::{Digest, HashAlgorithm};

use crate::error::OciError;
use crate::exchange::{Call, Reply};
use crate::manifest::{Descriptor, Manifest, media_type};
use crate::reference::{Reference, Repository, Target, parse_digest};
use crate::registry::Operation;

/// Every kind of manifest that is understood here.
const ACCEPT: [&str; 4] = [
    media_type::OCI_MANIFEST,
    media_type::OCI_INDEX,
    media_type::DOCKER_MANIFEST,
    media_type::DOCKER_LIST,
];

/// Where a registry says which digest its answer has.
const CONTENT_DIGEST: &str = "docker-content-digest";

impl Operation {
    /// The digest that a name stands for: no request where the name has one.
    ///
    /// # Errors
    /// As [`Operation::resolve`].
    pub async fn digest(&self, reference: &Reference) -> Result<Digest, OciError> {
        match reference.digest() {
            Some(digest) => Ok(digest.clone()),
            None => Ok(self.resolve(reference).await?.digest),
        }
    }

    /// Finds the manifest that a name stands for: its type, digest and size. One `HEAD`, and a
    /// `GET` where its answer does not say all.
    ///
    /// # Errors
    /// [`OciError::NotFound`] where there is no such manifest; otherwise what went wrong.
    pub async fn resolve(&self, reference: &Reference) -> Result<Descriptor, OciError> {
        let (repository, target) = (reference.repository(), reference.target());
        let reply = self.ask(Method::HEAD, repository, &target).await?;
        if reply.status == StatusCode::METHOD_NOT_ALLOWED {
            let manifest = self.manifest(repository, &target).await?;
            return Ok(manifest.descriptor().clone());
        }
        let reply = reply.success(|| reference.to_string())?;
        if let Some(described) = describe(&reply) {
            check_name(&target, &described.digest)?;
            return Ok(described);
        }
        let manifest = self.manifest(repository, &target).await?;
        Ok(manifest.descriptor().clone())
    }

    /// Fetches a manifest or index, whose digest is compared with the name or with what the
    /// registry says it has.
    ///
    /// # Errors
    /// [`OciError::NotFound`] where there is no such manifest; [`OciError::Mismatch`] where it is
    /// another one; otherwise what went wrong.
    pub async fn manifest(
        &self,
        repository: &Repository,
        target: &Target,
    ) -> Result<Manifest, OciError> {
        let what = || shown(repository, target);
        let reply = self.ask(Method::GET, repository, target).await?;
        let reply = reply.success(what)?;
        let expected = match target {
            Target::Digest(digest) => Some(digest.clone()),
            Target::Tag(_) => said_digest(&reply),
        };
        let kind = content_type(&reply).unwrap_or_default();
        checked(&what(), kind, reply.body.clone(), expected)
    }

    /// Fetches a manifest or index; `None` where there is none.
    ///
    /// # Errors
    /// As [`Operation::manifest`], without [`OciError::NotFound`].
    pub async fn find_manifest(
        &self,
        repository: &Repository,
        target: &Target,
    ) -> Result<Option<Manifest>, OciError> {
        match self.manifest(repository, target).await {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        method: Method,
        repository: &Repository,
        target: &Target,
    ) -> Result<Reply, OciError> {
        let call = Call::new(method, repository, format!("manifests/{target}"));
        let call = call.header(header::ACCEPT, &ACCEPT.join(", "))?;
        self.fetch(&call, self.limits().manifest_bytes).await
    }
}

pub(super) fn shown(repository: &Repository, target: &Target) -> String {
    match target {
        Target::Tag(tag) => format!("{repository}:{tag}"),
        Target::Digest(digest) => format!("{repository}@{digest}"),
    }
}

fn checked(
    what: &str,
    kind: &str,
    body: Bytes,
    expected: Option<Digest>,
) -> Result<Manifest, OciError> {
    let algorithm = expected
        .as_ref()
        .map_or(HashAlgorithm::Sha256, Digest::algorithm);
    let found = Digest::of(algorithm, &body);
    let size = body.len() as u64;
    let descriptor = Descriptor::new(kind, expected.unwrap_or_else(|| found.clone()), size);
    descriptor.check_found(what, size, &found)?;
    Ok(Manifest::checked(descriptor, body))
}

/// What a `HEAD` says, if it says all of it.
fn describe(reply: &Reply) -> Option<Descriptor> {
    let digest = said_digest(reply)?;
    let size = reply.header(header::CONTENT_LENGTH)?.parse().ok()?;
    Some(Descriptor::new(content_type(reply)?, digest, size))
}

fn said_digest(reply: &Reply) -> Option<Digest> {
    let text = reply.header(http::HeaderName::from_static(CONTENT_DIGEST))?;
    parse_digest(text).ok()
}

/// The media type, without parameters.
fn content_type(reply: &Reply) -> Option<&str> {
    let text = reply.header(header::CONTENT_TYPE)?;
    text.split(';').next().map(str::trim)
}

fn check_name(target: &Target, found: &Digest) -> Result<(), OciError> {
    match target {
        Target::Digest(digest) if digest != found => Err(OciError::Mismatch {
            what: format!("the manifest {digest}"),
            property: "digest",
            expected: digest.to_string(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}
