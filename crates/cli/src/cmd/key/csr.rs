//! `key csr`: a certificate signing request, signed by the key itself (PKCS#10, RFC 2986).

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::{Any, BitString, SetOfVec};
use der::{Decode, Encode};
use serde::Serialize;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use touchmark_core::{CheckedSigner, ErrorKind, KeyAlgorithm, SignatureScheme};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use super::super::Verb;
use super::certificate::{to_pem, write_or_print};
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::reference::Reference;

/// Prints a certificate signing request (PKCS#10) for a key, signed by it, as PEM.
#[derive(Args, Debug)]
pub(crate) struct Csr {
    /// The key: a path, a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,

    /// The subject, RFC 4514, such as "CN=release,O=Example"
    #[arg(long, value_name = "NAME", default_value = "CN=touchmark")]
    subject: String,

    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    outfile: Option<PathBuf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Requested {
    key_id: String,
    pem: String,
}

impl Verb for Csr {
    const NAME: &'static str = "csr";
    const ABOUT: &'static str = "Print a certificate signing request for a key";
    const EXAMPLE: &'static str =
        "  touchmark key csr 'pkcs11:token=release;object=2026' --subject CN=release";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let subject = Name::from_str(&self.subject).map_err(|error| {
            CliError::usage(format!("{:?} is not a subject name", self.subject))
                .hint("write it as CN=release,O=Example")
                .cause(&error)
        })?;
        let signer = context.open(&Reference::parse(&self.key)?).await?;
        let pem = to_pem("CERTIFICATE REQUEST", request(&signer, subject).await?);
        let requested = Requested {
            key_id: signer.public_key().key_id().to_string(),
            pem: pem.clone(),
        };
        Ok(write_or_print(self.outfile, pem)?.json(&requested))
    }
}

async fn request(signer: &CheckedSigner, subject: Name) -> Result<Vec<u8>, CliError> {
    let algorithm = signer.public_key().algorithm();
    let scheme = SignatureScheme::default_for(algorithm);
    let spki = signer.public_key().spki_der();
    let info = CertReqInfo {
        version: Version::V1,
        subject,
        public_key: SubjectPublicKeyInfoOwned::from_der(spki).map_err(encoding)?,
        attributes: SetOfVec::new(),
    };
    let message = info.to_der().map_err(encoding)?;
    let signature = signer.sign(&scheme.prepare(&message)?).await?;
    let request = CertReq {
        info,
        algorithm: algorithm_identifier(algorithm),
        signature: BitString::from_bytes(signature.as_bytes()).map_err(encoding)?,
    };
    request.to_der().map_err(encoding)
}

/// The identifier of the key's default scheme: RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3.
fn algorithm_identifier(algorithm: KeyAlgorithm) -> AlgorithmIdentifierOwned {
    let (oid, parameters) = match algorithm {
        KeyAlgorithm::Ecdsa(_) => (rfc5912::ECDSA_WITH_SHA_256, None),
        KeyAlgorithm::Rsa(_) => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
        KeyAlgorithm::Ed25519 => (rfc8410::ID_ED_25519, None),
    };
    AlgorithmIdentifierOwned { oid, parameters }
}

fn encoding(error: der::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "the request cannot be encoded").cause(&error)
}
