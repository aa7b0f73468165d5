//! Signatures on their way from a station without a network: `sign --upload=false --output-dir`
//! writes them, `attach` reads them.
//!
//! Each manifest has a folder `REGISTRY/REPOSITORY/sha256-HEX` with the files that cosign reads and
//! writes one by one: `payload.json` with its signature in base64 beside it, and a Sigstore bundle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use touchmark_core::{Digest, ErrorKind};
use touchmark_formats::{layer, simple_signing, statement};
use touchmark_oci::Reference;

use super::attestation_file::AttestationFile;
use super::claim_signer::{ClaimSigner, SignedPayload};
use super::claims::Made;
use crate::error::CliError;
use crate::input_file::{self, ReadError};
use crate::output_file::{self, Mode, Staged};

const IMAGE: &str = "image.json";
const BUNDLE: &str = "bundle.sigstore.json";
const CERTIFICATE: &str = "certificate.pem";
const CHAIN: &str = "chain.pem";

/// Deeper than any repository's name goes.
const DEPTH: usize = 32;

/// More than anybody carries around.
const MOST: usize = 100_000;

/// What a folder is about.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct About {
    /// `REGISTRY/REPOSITORY[:TAG]`.
    image: String,
    /// `sha256:HEX`.
    digest: String,
    /// How many payloads there are.
    payloads: usize,
}

/// The signatures of one manifest, read back.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) folder: PathBuf,
    pub(crate) image: Reference,
    pub(crate) digest: Digest,
    pub(crate) made: Made,
}

/// Writes one manifest's signatures, and returns their folder.
pub(crate) fn keep(
    top: &Path,
    image: &Reference,
    digest: &Digest,
    signer: &ClaimSigner,
    made: &Made,
) -> Result<PathBuf, CliError> {
    let repository = image.repository();
    let folder = top
        .join(repository.registry())
        .join(repository.name())
        .join(digest.to_string().replacen(':', "-", 1));
    fs::create_dir_all(&folder).map_err(|error| CliError::file("write", &folder, &error))?;
    let about = About {
        image: named(image),
        digest: digest.to_string(),
        payloads: made.payloads.len(),
    };
    let about = serde_json::to_vec(&about).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the image's name is no JSON").cause(&error)
    })?;
    let mut staged: Vec<Staged> = Vec::new();
    let mut stage = |name: &str, content: &[u8]| {
        staged.push(output_file::stage(
            &folder.join(name),
            content,
            Mode::Public,
        )?);
        Ok::<(), CliError>(())
    };
    for (index, signed) in made.payloads.iter().enumerate() {
        let name = payload_name(index);
        stage(&name, &signed.payload)?;
        stage(
            &format!("{name}.sig"),
            signed.signature.to_base64().as_bytes(),
        )?;
    }
    if let Some(bundle) = &made.bundle {
        stage(BUNDLE, bundle)?;
    }
    if let Some(own) = signer.certificate() {
        stage(CERTIFICATE, own.pem.as_bytes())?;
        if let Some(chain) = &own.chain {
            stage(CHAIN, chain.as_bytes())?;
        }
    }
    // The file that makes it a folder of ours comes last.
    stage(IMAGE, &about)?;
    staged.into_iter().try_for_each(Staged::replace)?;
    Ok(folder)
}

fn named(image: &Reference) -> String {
    match image.tag() {
        Some(tag) => format!("{}:{tag}", image.repository()),
        None => image.repository().to_string(),
    }
}

fn payload_name(index: usize) -> String {
    match index {
        0 => "payload.json".into(),
        _ => format!("payload-{}.json", index + 1),
    }
}

/// Every manifest's signatures under a folder, in the order of their names.
pub(crate) fn read(top: &Path) -> Result<Vec<Kept>, CliError> {
    let mut folders = Vec::new();
    find(top, DEPTH, &mut folders)?;
    if folders.is_empty() {
        return Err(CliError::new(
            ErrorKind::Failed,
            format!("{} has no signatures to attach", top.display()),
        )
        .hint("name the folder that `sign --upload=false --output-dir` wrote"));
    }
    folders.sort();
    folders.iter().map(|folder| read_one(folder)).collect()
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |error| CliError::file("read", folder, &error);
    if folder.join(IMAGE).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    if depth == 0 || found.len() > MOST {
        return Err(malformed(folder, "it goes too deep, or holds too much"));
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A link could lead around in circles.
        if entry.file_type().map_err(failed)?.is_dir() {
            find(&entry.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

fn read_one(folder: &Path) -> Result<Kept, CliError> {
    let about = file(folder, IMAGE)?;
    let about: About = serde_json::from_slice(&about)
        .map_err(|error| malformed(folder, "image.json is malformed").cause(&error))?;
    let digest = Digest::parse(&about.digest)
        .ok_or_else(|| malformed(folder, "image.json has no digest"))?;
    let image: Reference = about.image.parse()?;
    let count = about.payloads.min(MOST);
    let payloads: Result<Vec<_>, CliError> = (0..count)
        .map(|index| payload(folder, &payload_name(index), &digest))
        .collect();
    Ok(Kept {
        folder: folder.to_owned(),
        image,
        made: Made {
            payloads: payloads?,
            bundle: bundle(folder, &digest)?,
        },
        digest,
    })
}

/// A payload with its signature. That it is about the image is checked; who signed it is for
/// those who verify it.
fn payload(folder: &Path, name: &str, digest: &Digest) -> Result<SignedPayload, CliError> {
    let payload = file(folder, name)?;
    let said = simple_signing::read(&payload)
        .map_err(|error| CliError::from(error).context(&folder.join(name).display().to_string()))?;
    if said.digest != *digest {
        return Err(malformed(folder, "a payload is about another image"));
    }
    let text = String::from_utf8(file(folder, &format!("{name}.sig"))?)
        .map_err(|_| malformed(folder, "a signature is no base64"))?;
    let mut annotations = BTreeMap::from([(layer::SIGNATURE.to_owned(), text.trim().to_owned())]);
    let signature = layer::read(&annotations)?
        .signature
        .ok_or_else(|| malformed(folder, "a signature is empty"))?;
    if let Some(certificate) = text_file(folder, CERTIFICATE)? {
        let chain = text_file(folder, CHAIN)?;
        layer::add_certificate(&mut annotations, &certificate, chain.as_deref());
    }
    Ok(SignedPayload {
        payload,
        signature,
        annotations,
        repeats: None,
    })
}

fn bundle(folder: &Path, digest: &Digest) -> Result<Option<Vec<u8>>, CliError> {
    if !folder.join(BUNDLE).exists() {
        return Ok(None);
    }
    let bytes = file(folder, BUNDLE)?;
    let said = AttestationFile::parse(&bytes)?.statement();
    let is_about = |said: statement::Statement| {
        said.predicate_type == statement::IMAGE_SIGNATURE
            && said
                .subjects
                .iter()
                .any(|subject| subject.is(std::slice::from_ref(digest)))
    };
    if !said.is_some_and(is_about) {
        return Err(malformed(folder, "the bundle is no signature of the image"));
    }
    Ok(Some(bytes))
}

fn file(folder: &Path, name: &str) -> Result<Vec<u8>, CliError> {
    input_file::read_limited(&folder.join(name)).map_err(ReadError::into_cli)
}

fn text_file(folder: &Path, name: &str) -> Result<Option<String>, CliError> {
    if !folder.join(name).exists() {
        return Ok(None);
    }
    let text = String::from_utf8(file(folder, name)?);
    text.map(Some)
        .map_err(|_| malformed(folder, "a certificate is no PEM"))
}

fn malformed(folder: &Path, what: &str) -> CliError {
    CliError::new(
        ErrorKind::Malformed,
        format!("{}: {what}", folder.display()),
    )
}
