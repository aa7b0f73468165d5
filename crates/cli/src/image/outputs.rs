//! `--output-signature` and its like: files beside, or instead of, what goes to the registry.

use std::path::{Path, PathBuf};

use clap::Args;
use touchmark_core::Digest;

use super::claim_signer::ClaimSigner;
use super::claims::{Forms, Made};
use crate::error::CliError;
use crate::output_file::{self, Mode, Staged};

/// Files that signing an image can write.
#[derive(Args, Clone, Debug)]
pub(crate) struct Outputs {
    /// Write the signature, base64, to this file (one image only)
    #[arg(long, value_name = "FILE")]
    output_signature: Option<PathBuf>,

    /// Write the signed payload to this file (one image only)
    #[arg(long, value_name = "FILE")]
    output_payload: Option<PathBuf>,

    /// Write the certificate, or else the public key, to this file
    #[arg(long, value_name = "FILE")]
    output_certificate: Option<PathBuf>,

    /// Write the Sigstore bundle to this file (one image only)
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// Several manifests are signed: their files get their digests' names.
    #[arg(skip)]
    several: bool,
}

impl Outputs {
    /// Whether a signature is kept in a file.
    pub(crate) fn keep_signatures(&self) -> bool {
        self.output_signature.is_some() || self.bundle.is_some()
    }

    /// Refuses what cannot be written: several images into one file, or a form that is not made.
    pub(crate) fn prepare(
        mut self,
        images: usize,
        recursive: bool,
        forms: Forms,
    ) -> Result<Self, CliError> {
        let legacy = self.output_signature.is_some() || self.output_payload.is_some();
        if images > 1 && (legacy || self.bundle.is_some()) {
            return Err(CliError::usage(
                "--output-signature, --output-payload and --bundle take one image",
            )
            .hint("sign the images one by one, or give --output-dir"));
        }
        if legacy && !forms.legacy {
            return Err(CliError::usage(
                "--output-signature and --output-payload are of the legacy form",
            )
            .hint("give --signature-format both or legacy, or --bundle"));
        }
        if self.bundle.is_some() && !forms.bundle {
            return Err(CliError::usage("--bundle is not of the legacy form")
                .hint("give --signature-format both or bundle, or --output-signature"));
        }
        self.several = recursive;
        Ok(self)
    }

    /// Writes what was asked for, all or nothing.
    pub(crate) fn write(
        &self,
        signer: &ClaimSigner,
        digest: &Digest,
        made: &Made,
    ) -> Result<(), CliError> {
        let signatures: Vec<String> = made
            .payloads
            .iter()
            .map(|signed| signed.signature.to_base64())
            .collect();
        let payloads: Vec<&[u8]> = made.payloads.iter().map(|one| &*one.payload).collect();
        let certificate = signer
            .certificate()
            .map_or_else(|| signer.public_key_pem(), |own| own.pem.clone());
        let mut staged: Vec<Staged> = Vec::new();
        for (path, content) in [
            (&self.output_signature, signatures.join("\n").as_bytes()),
            (&self.output_payload, &payloads.join(&b'\n')),
            (&self.bundle, made.bundle.as_deref().unwrap_or_default()),
            (&self.output_certificate, certificate.as_bytes()),
        ] {
            if let Some(path) = path {
                let path = self.named(path, digest);
                staged.push(output_file::stage(&path, content, Mode::Public)?);
            }
        }
        staged.into_iter().try_for_each(Staged::replace)
    }

    /// As cosign names the files of a recursive run.
    fn named(&self, path: &Path, digest: &Digest) -> PathBuf {
        if !self.several {
            return path.to_owned();
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!("-{}", digest.to_string().replacen(':', "-", 1)));
        PathBuf::from(name)
    }
}
