//! `key certificate`: the certificate that is kept beside a key.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use touchmark_core::{CertificateStore, ErrorKind, Provider};

use super::super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output_file::{self, Mode};
use crate::reference::Reference;

/// Prints the certificate that is kept beside a key, as PEM.
#[derive(Args, Debug)]
pub(crate) struct Certificate {
    /// The key: a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,

    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    outfile: Option<PathBuf>,
}

#[derive(Serialize)]
struct Found {
    uri: String,
    pem: String,
}

impl Verb for Certificate {
    const NAME: &'static str = "certificate";
    const ABOUT: &'static str = "Print the certificate beside a key";
    const EXAMPLE: &'static str = "  touchmark key certificate 'pkcs11:token=release;object=2026'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let reference = Reference::parse(&self.key)?;
        let provider = context.provider(&reference)?;
        let der = store_of(&*provider, &reference)?
            .certificate(&reference.uri)
            .await?;
        let der = der.ok_or_else(|| {
            CliError::new(
                ErrorKind::Key,
                format!("no certificate beside {}", reference.uri),
            )
            .hint("`touchmark key import URI --certificate FILE` stores one")
        })?;
        let pem = to_pem("CERTIFICATE", der);
        let found = Found {
            uri: reference.uri.to_string(),
            pem: pem.clone(),
        };
        Ok(write_or_print(self.outfile, pem)?.json(&found))
    }
}

/// The certificates of a backend that keeps any.
pub(super) fn store_of<'a>(
    provider: &'a dyn Provider,
    reference: &Reference,
) -> Result<&'a dyn CertificateStore, CliError> {
    provider.certificates().ok_or_else(|| {
        CliError::usage(format!("certificates are not kept at {}", reference.uri))
            .hint("keep the certificate in a file")
    })
}

pub(super) fn to_pem(label: &str, der: Vec<u8>) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

pub(super) fn write_or_print(outfile: Option<PathBuf>, pem: String) -> Result<Outcome, CliError> {
    let Some(path) = outfile else {
        return Ok(Outcome::text(pem));
    };
    output_file::replace(&path, pem.as_bytes(), Mode::Public)?;
    Ok(Outcome::default().note(format!("Written to {}", path.display())))
}
