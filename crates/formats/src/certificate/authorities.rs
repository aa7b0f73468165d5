//! Certificate authorities that a verifier trusts, and the check before signing.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use touchmark_core::PublicKey;

use super::{Certificate, CertificateError, Identity, IdentityPolicy, path};
use crate::error::printable;
use crate::verify::NamedKey;

/// Whose certificates are accepted: the roots, what leads to them, and whom they must name.
#[derive(Clone, Debug)]
pub struct Authorities {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    identity: IdentityPolicy,
    now: Duration,
}

impl Authorities {
    /// The roots of `--ca-roots`, the certificates of `--ca-intermediates`, and whom to accept at
    /// what time.
    #[must_use]
    pub fn new(
        roots: Vec<Certificate>,
        intermediates: Vec<Certificate>,
        identity: IdentityPolicy,
        now: SystemTime,
    ) -> Self {
        Self {
            roots,
            intermediates,
            identity,
            // A clock before 1970 makes every certificate invalid.
            now: now
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    /// The chain of `--certificate-chain`: the leaf's issuer first, the root last.
    ///
    /// # Errors
    /// The chain is empty.
    pub fn of_chain(
        mut chain: Vec<Certificate>,
        identity: IdentityPolicy,
        now: SystemTime,
    ) -> Result<Self, CertificateError> {
        let root = chain.pop().ok_or(CertificateError::Count("a chain"))?;
        Ok(Self::new(vec![root], chain, identity, now))
    }

    /// The key that a certificate given by the caller certifies, once it is judged: for evidence
    /// that carries none.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn key_of(&self, certificate: &Certificate) -> Result<NamedKey, CertificateError> {
        let (key, identity) = self.accept(certificate, &[])?;
        let name = identity.name().to_owned();
        Ok(NamedKey { name, key })
    }

    /// Judges a signer's certificate; `chain` is what stands beside it, of use only to find a path.
    ///
    /// As in cosign, the path to a root is built for the moment at which the certificate became
    /// valid, for signing code. Nothing here proves when a signature was made, so the path must
    /// be valid now as well.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub(crate) fn accept(
        &self,
        leaf: &Certificate,
        chain: &[Certificate],
    ) -> Result<(PublicKey, Identity), CertificateError> {
        let key = leaf.public_key()?;
        let identity = leaf.identity();
        let intermediates: Vec<&Certificate> = self.intermediates.iter().chain(chain).collect();
        let roots: Vec<&Certificate> = self.roots.iter().collect();
        path::check(leaf, &intermediates, &roots, leaf.not_before())
            .map_err(|source| untrusted(&identity, false, source))?;
        // Built once, a path fails a second time only for the time.
        path::check(leaf, &intermediates, &roots, self.now).map_err(|_| {
            let all = std::iter::once(leaf).chain(intermediates).chain(roots);
            let expired = all.into_iter().find(|one| !one.is_valid_at(self.now));
            outdated(expired.unwrap_or(leaf))
        })?;
        self.identity.check(&identity)?;
        Ok((key, identity))
    }
}

/// Checks a certificate that is to be stored with signatures by a key: it must be the key's, and
/// where a chain is given (the issuer first, the root last), lead to its root.
///
/// # Errors
/// Why it does not do.
pub fn check_for_signing(
    key: &PublicKey,
    leaf: &Certificate,
    chain: &[Certificate],
) -> Result<(), CertificateError> {
    if leaf.public_key()? != *key {
        return Err(CertificateError::KeyMismatch);
    }
    let Some((root, intermediates)) = chain.split_last() else {
        return Ok(());
    };
    let intermediates: Vec<&Certificate> = intermediates.iter().collect();
    path::check(leaf, &intermediates, &[root], leaf.not_before())
        .map_err(|source| untrusted(&leaf.identity(), true, source))
}

fn untrusted(identity: &Identity, signing: bool, source: webpki::Error) -> CertificateError {
    CertificateError::Untrusted {
        name: printable(identity.name(), 200),
        signing,
        source: Box::new(source),
    }
}

fn outdated(certificate: &Certificate) -> CertificateError {
    CertificateError::Outdated {
        name: printable(certificate.identity().name(), 200),
        from: moment(certificate.not_before()),
        until: moment(certificate.not_after()),
    }
}

fn moment(since_epoch: Duration) -> String {
    i64::try_from(since_epoch.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("second {}", since_epoch.as_secs()))
}
