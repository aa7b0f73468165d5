//! cosign's encrypted key file: JSON in a PEM block.
//!
//! The format is that of go-securesystemslib's `encrypted` package, around a PKCS#8 key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pem_rfc7468::LineEnding;
use serde::{Deserialize, Serialize};
use touchmark_core::SecretString;

use crate::error::FileError;
use crate::private_key::{KeyFile, PrivateKey, parse_private_key};
use crate::secretbox::{self, NONCE_LEN, P, R, SALT_LEN, WRITTEN_N};

/// The label that cosign writes.
pub(crate) const SIGSTORE_LABEL: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// The label that old versions of cosign wrote.
pub(crate) const COSIGN_LABEL: &str = "ENCRYPTED COSIGN PRIVATE KEY";

const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";

/// A private key that needs its password.
pub struct EncryptedKey {
    log_n: u8,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    ciphertext: Vec<u8>,
}

/// The JSON, with its members in the order in which cosign writes them. Members that are unknown,
/// doubled or missing are refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(rename = "N")]
    n: u32,
    r: u32,
    p: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cipher {
    name: String,
    nonce: String,
}

impl EncryptedKey {
    /// Reads the JSON inside the PEM block.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, FileError> {
        let envelope = strict(json)?;
        let Params { n, r, p } = envelope.kdf.params;
        if envelope.kdf.name != KDF || envelope.cipher.name != CIPHER {
            let names = format!("encryption {}, {}", envelope.kdf.name, envelope.cipher.name);
            return Err(FileError::Unsupported(names));
        }
        let log_n = secretbox::log_n(n)
            .filter(|_| r == R && p == P)
            .ok_or_else(|| FileError::Unsupported(format!("scrypt with N={n}, r={r}, p={p}")))?;
        Ok(Self {
            log_n,
            salt: fixed(&envelope.kdf.salt, "the salt is not 32 bytes of base64")?,
            nonce: fixed(
                &envelope.cipher.nonce,
                "the nonce is not 24 bytes of base64",
            )?,
            ciphertext: STANDARD
                .decode(envelope.ciphertext)
                .map_err(|e| FileError::malformed_by("the ciphertext is not base64", e))?,
        })
    }

    /// Decrypts the key. An empty password is a password. Blocks for the 0.1 to 1 second that
    /// scrypt takes, so asynchronous callers do it on a thread of its own.
    ///
    /// # Errors
    /// [`FileError::WrongPassword`], or what is inside is no supported key.
    pub fn decrypt(&self, password: &SecretString) -> Result<PrivateKey, FileError> {
        let (salt, nonce) = (&self.salt, &self.nonce);
        let der = secretbox::open(password, salt, self.log_n, nonce, &self.ciphertext)?;
        PrivateKey::from_pkcs8_der(&der)
    }
}

impl fmt::Debug for EncryptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedKey").finish_non_exhaustive()
    }
}

impl PrivateKey {
    /// Encrypts the key as cosign does (scrypt with N = 65536, r = 8, p = 1; XSalsa20-Poly1305)
    /// and returns the text of its key file: one PEM block `ENCRYPTED SIGSTORE PRIVATE KEY`. Salt
    /// and nonce are fresh. Blocks as [`EncryptedKey::decrypt`] does.
    ///
    /// # Errors
    /// [`FileError::Failed`] where no random bytes are to be had.
    pub fn encrypt(&self, password: &SecretString) -> Result<String, FileError> {
        let salt: [u8; SALT_LEN] = random()?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let log_n = secretbox::log_n(WRITTEN_N).ok_or(FileError::Failed("scrypt"))?;
        let sealed = secretbox::seal(password, &salt, log_n, &nonce, self.pkcs8_der())?;
        let envelope = Envelope {
            kdf: Kdf {
                name: KDF.into(),
                params: Params {
                    n: WRITTEN_N,
                    r: R,
                    p: P,
                },
                salt: STANDARD.encode(salt),
            },
            cipher: Cipher {
                name: CIPHER.into(),
                nonce: STANDARD.encode(nonce),
            },
            ciphertext: STANDARD.encode(sealed),
        };
        let json = serde_json::to_vec(&envelope).map_err(|_| FileError::Failed("JSON"))?;
        pem_rfc7468::encode_string(SIGSTORE_LABEL, LineEnding::LF, &json)
            .map_err(|_| FileError::Failed("PEM"))
    }
}

/// Reads an encrypted key file and decrypts it. Blocks as [`EncryptedKey::decrypt`] does.
///
/// # Errors
/// As for [`parse_private_key`] and [`EncryptedKey::decrypt`]; a key file that is not encrypted
/// is [`FileError::Malformed`].
pub fn decrypt(pem: &[u8], password: &SecretString) -> Result<PrivateKey, FileError> {
    match parse_private_key(pem)? {
        KeyFile::Encrypted(key) => key.decrypt(password),
        KeyFile::Plain(_) => Err(FileError::malformed("the key is not encrypted")),
    }
}

/// Reads the JSON strictly. serde's derived readers also take arrays for objects; writing the
/// result back tells.
fn strict(json: &[u8]) -> Result<Envelope, FileError> {
    let json_error = |e| FileError::malformed_by("not the JSON of an encrypted key", e);
    let envelope: Envelope = serde_json::from_slice(json).map_err(json_error)?;
    let seen: serde_json::Value = serde_json::from_slice(json).map_err(json_error)?;
    let meant = serde_json::to_value(&envelope).map_err(json_error)?;
    if seen == meant {
        Ok(envelope)
    } else {
        Err(FileError::malformed("an array where an object is wanted"))
    }
}

fn fixed<const LEN: usize>(text: &str, what: &'static str) -> Result<[u8; LEN], FileError> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|e| FileError::malformed_by(what, e))?;
    bytes.try_into().map_err(|_| FileError::malformed(what))
}

/// Bytes from AWS-LC's random generator, which the operating system's seeds.
pub(crate) fn random<const LEN: usize>() -> Result<[u8; LEN], FileError> {
    let mut bytes = [0; LEN];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| FileError::Failed("the random generator"))?;
    Ok(bytes)
}

#[cfg(test)]
#[path = "encrypted_tests.rs"]
mod tests;
