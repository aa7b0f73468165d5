//! Paths from a certificate to a root (RFC 5280 §6), found by rustls-webpki.
//!
//! What differs from Go's verifier, which cosign uses, always to the stricter side:
//! - A leaf must not itself be an authority (`cA`): Go does not look.
//! - Name constraints on mail addresses and URIs are refused as unknown: Go applies them.
//! - Signatures are RSA of 2048 to 8192 bits, ECDSA on the NIST curves, or Ed25519, with SHA-2.
//!
//! And to the laxer: a root's own extended key usage and length of paths are not looked at, as
//! the verifier's user vouches for it.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    RequiredEkuNotFoundContext, anchor_from_trusted_cert,
};

use super::Certificate;

/// `id-kp-codeSigning`, 1.3.6.1.5.5.7.3.3.
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
/// `anyExtendedKeyUsage`, 2.5.29.37.0.
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = webpki::ALL_VERIFICATION_ALGS;

/// The use that cosign asks for: as in Go, a certificate that states none may be used for all.
struct CodeSigning;

impl ExtendedKeyUsageValidator for CodeSigning {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            let purpose = purpose?;
            if [CODE_SIGNING, ANY]
                .map(KeyPurposeId::new)
                .contains(&purpose)
            {
                return Ok(());
            }
            present.push(purpose.to_decoded_oid());
        }
        if present.is_empty() {
            return Ok(());
        }
        Err(Error::RequiredEkuNotFoundContext(
            RequiredEkuNotFoundContext {
                required: KeyUsage::required_if_present(CODE_SIGNING),
                present,
            },
        ))
    }
}

/// Checks that a path for signing code leads from a leaf to a root, all of it valid at a time.
pub(super) fn check(
    leaf: &Certificate,
    intermediates: &[&Certificate],
    roots: &[&Certificate],
    time: Duration,
) -> Result<(), Error> {
    let intermediates: Vec<CertificateDer<'_>> = usable(intermediates).collect();
    let roots: Vec<CertificateDer<'_>> = {
        let valid: Vec<&Certificate> = roots
            .iter()
            .copied()
            .filter(|root| root.is_valid_at(time))
            .collect();
        usable(&valid).collect()
    };
    let anchors: Vec<TrustAnchor<'_>> = roots
        .iter()
        .map(anchor_from_trusted_cert)
        .collect::<Result<_, _>>()?;
    let leaf = CertificateDer::from(leaf.der());
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(
            ALGORITHMS,
            &anchors,
            &intermediates,
            UnixTime::since_unix_epoch(time),
            CodeSigning,
            None,
            None,
        )
        .map(|_| ())
}

/// The certificates that may issue others.
fn usable<'c>(certificates: &[&'c Certificate]) -> impl Iterator<Item = CertificateDer<'c>> {
    certificates
        .iter()
        .filter(|certificate| certificate.may_issue())
        .map(|certificate| CertificateDer::from(certificate.der.as_slice()))
        .collect::<Vec<_>>()
        .into_iter()
}
