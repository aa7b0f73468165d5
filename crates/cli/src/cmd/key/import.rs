//! `key import`: stores a certificate beside the key that it certifies.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use touchmark_core::ErrorKind;

use super::super::Verb;
use super::certificate::store_of;
use crate::context::Context;
use crate::error::CliError;
use crate::input_file::{self, ReadError};
use crate::outcome::Outcome;
use crate::reference::Reference;

/// Stores a certificate beside the key that it certifies. Private keys are not imported: one that
/// has been in a file may have been copied.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The key, such as pkcs11:token=release;object=2026
    #[arg(value_name = "URI")]
    uri: String,

    /// The certificate, PEM or DER
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    uri: String,
    key_id: String,
}

impl Verb for Import {
    const NAME: &'static str = "import";
    const ABOUT: &'static str = "Store a certificate beside its key";
    const EXAMPLE: &'static str =
        "  touchmark key import 'pkcs11:token=release;object=2026' --certificate release.crt";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let bytes = input_file::read_limited(&self.certificate).map_err(ReadError::into_cli)?;
        let der = to_der(bytes)
            .map_err(|error| error.context(&self.certificate.display().to_string()))?;
        let reference = Reference::parse(&self.uri)?;
        let provider = context.provider(&reference)?;
        let key_id = store_of(&*provider, &reference)?
            .store(&reference.uri, &der)
            .await?;
        let imported = Imported {
            uri: reference.uri.to_string(),
            key_id: key_id.to_string(),
        };
        Ok(Outcome::text(format!("certificate stored beside {key_id}\n")).json(&imported))
    }
}

/// DER as it is; of PEM, the one certificate.
fn to_der(bytes: Vec<u8>) -> Result<Vec<u8>, CliError> {
    if !bytes.starts_with(b"-----") && !bytes.is_ascii() {
        return Ok(bytes);
    }
    let blocks = pem::parse_many(&bytes).unwrap_or_default();
    match blocks.as_slice() {
        [block] if block.tag() == "CERTIFICATE" => Ok(block.contents().to_vec()),
        _ => Err(
            CliError::new(ErrorKind::Malformed, "not one certificate in PEM or DER")
                .hint("give the certificate of the key alone, without its chain"),
        ),
    }
}
