//! An attestation in a file, in any form that cosign writes.

use std::path::Path;

use touchmark_core::{Digest, ErrorKind, HashAlgorithm};
use touchmark_formats::bundle::{Content, Envelope};
use touchmark_formats::layer::Beside;
use touchmark_formats::legacy;
use touchmark_formats::{
    AcceptedAttestation, Bundle, ClaimRefusal, FormatError, Statement, Trust, WantedAttestation,
    bundle, dsse, statement, verify_attestation_bundle, verify_attestation_envelope,
};

use crate::error::CliError;
use crate::input_file;

/// The exit code where there is no signature, as cosign has it.
pub(crate) const NO_SIGNATURES: u8 = 10;

/// An attestation whose form is sound. Nothing in it is verified.
#[derive(Debug)]
pub(crate) enum AttestationFile {
    /// A Sigstore bundle, with a statement in it or not.
    Bundle(Bundle),
    /// A DSSE envelope, bare or in cosign 2's bundle.
    Envelope(Envelope, Beside),
}

impl AttestationFile {
    /// Reads a file; absent means unsigned.
    pub(crate) fn read(path: &Path) -> Result<Self, (&'static str, CliError)> {
        let shown = path.display().to_string();
        let bytes = input_file::read_limited(path).map_err(|error| {
            if error.is_absent() {
                ("unsigned", unsigned(&shown))
            } else {
                ("failed", error.into_cli())
            }
        })?;
        Self::parse(&bytes).map_err(|error| ("malformed", CliError::from(error).context(&shown)))
    }

    /// Tells the forms apart by the member that each alone has.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let has = |member: &str| {
            serde_json::from_slice::<serde_json::Value>(bytes)
                .is_ok_and(|json| json.get(member).is_some())
        };
        if has("payloadType") {
            return Ok(Self::Envelope(dsse::read(bytes)?, Beside::default()));
        }
        if has("base64Signature") {
            let file = legacy::read(bytes)?;
            let beside = Beside {
                log_entry: file.rekor.is_some(),
                certificate: certificate(&file),
                ..Beside::default()
            };
            return Ok(Self::Envelope(
                dsse::read(file.signature.as_bytes())?,
                beside,
            ));
        }
        Ok(Self::Bundle(bundle::read(bytes)?))
    }

    /// The envelope, if there is one.
    pub(crate) fn envelope(&self) -> Option<&Envelope> {
        match self {
            Self::Envelope(envelope, _) => Some(envelope),
            Self::Bundle(bundle) => match &bundle.content {
                Content::Envelope(envelope) => Some(envelope),
                Content::Message(_) => None,
            },
        }
    }

    /// What it says, unverified.
    pub(crate) fn statement(&self) -> Option<Statement> {
        statement::read(&self.envelope()?.payload).ok()
    }

    /// The functions of the digests that it names, as far as they are known here.
    pub(crate) fn algorithms(&self) -> Vec<HashAlgorithm> {
        let statement = self.statement();
        let names = |name: &str| {
            let subjects = statement.iter().flat_map(|statement| &statement.subjects);
            subjects
                .flat_map(|subject| subject.digests.keys())
                .any(|known| known == name)
        };
        HashAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| names(algorithm.name()))
            .collect()
    }

    /// The digests of its own first subject: what is compared where no file is.
    pub(crate) fn own_digests(&self) -> Vec<Digest> {
        let statement = self.statement();
        let subject = statement.iter().flat_map(|said| &said.subjects).next();
        subject
            .iter()
            .flat_map(|subject| &subject.digests)
            .filter_map(|(algorithm, hex)| Digest::parse(&format!("{algorithm}:{hex}")))
            .collect()
    }

    /// Judges it.
    pub(crate) fn judge(
        &self,
        trust: Trust<'_>,
        digests: &[Digest],
        predicate_type: Option<&str>,
    ) -> Result<AcceptedAttestation, ClaimRefusal> {
        let annotations = std::collections::BTreeMap::new();
        let wanted = WantedAttestation {
            digests,
            predicate_type,
            annotations: &annotations,
        };
        match self {
            Self::Bundle(bundle) => verify_attestation_bundle(trust, wanted, bundle),
            Self::Envelope(envelope, beside) => {
                verify_attestation_envelope(trust, wanted, envelope, beside)
            }
        }
    }
}

/// The certificate that cosign 2's bundle has, in PEM.
fn certificate(file: &touchmark_formats::LegacyBundle) -> Option<String> {
    match &file.signer {
        Some(legacy::Signer::Certificate(der)) => {
            let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
            let block = pem::Pem::new("CERTIFICATE", der.clone());
            Some(pem::encode_config(&block, config))
        }
        _ => None,
    }
}

fn unsigned(path: &str) -> CliError {
    CliError::new(
        ErrorKind::Rejected,
        format!("no attestation found: {path} is not there"),
    )
    .hint("check --bundle or --signature, or attest the file first")
    .with_code(NO_SIGNATURES)
}
