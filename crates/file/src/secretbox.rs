//! Password-based encryption of key files: scrypt (RFC 7914) and `NaCl`'s secretbox.
//!
//! scrypt comes from `RustCrypto` because it was the fastest of the sound ones measured: 1.2 times
//! the speed of AWS-LC's at cosign's parameters.

use crypto_secretbox::aead::Aead;
use crypto_secretbox::{KeyInit, XSalsa20Poly1305};
use scrypt::Params;
use touchmark_core::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::error::FileError;

/// scrypt's block size and parallelisation, in every key file that cosign accepts.
pub(crate) const R: u32 = 8;
/// See [`R`].
pub(crate) const P: u32 = 1;
/// The cost that cosign writes.
pub(crate) const WRITTEN_N: u32 = 1 << 16;
/// log₂ of the costs that cosign reads. A free choice would let a file ask for any memory.
const ACCEPTED_LOG_N: std::ops::RangeInclusive<u32> = 15..=17;

/// Bytes of salt.
pub(crate) const SALT_LEN: usize = 32;
/// Bytes of `XSalsa20`'s nonce.
pub(crate) const NONCE_LEN: usize = 24;

/// log₂ of an accepted cost; `None` for any other.
pub(crate) fn log_n(n: u32) -> Option<u8> {
    let log = n.is_power_of_two().then(|| n.trailing_zeros())?;
    ACCEPTED_LOG_N
        .contains(&log)
        .then(|| u8::try_from(log).ok())
        .flatten()
}

/// The cipher under the key that a password gives. Blocks for hundreds of milliseconds, and takes
/// 128 · N · r bytes: 64 MiB at cosign's cost.
fn cipher(
    password: &SecretString,
    salt: &[u8; SALT_LEN],
    log_n: u8,
) -> Result<XSalsa20Poly1305, FileError> {
    let params = Params::new(log_n, R, P).map_err(|_| FileError::Failed("scrypt"))?;
    let mut key = Zeroizing::new([0; 32]);
    let password = password.expose_secret().as_bytes();
    scrypt::scrypt(password, salt, &params, &mut *key).map_err(|_| FileError::Failed("scrypt"))?;
    XSalsa20Poly1305::new_from_slice(&*key).map_err(|_| FileError::Failed("secretbox"))
}

/// Decrypts `tag ‖ ciphertext`, `NaCl`'s layout.
pub(crate) fn open(
    password: &SecretString,
    salt: &[u8; SALT_LEN],
    log_n: u8,
    nonce: &[u8; NONCE_LEN],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, FileError> {
    cipher(password, salt, log_n)?
        .decrypt(nonce.into(), sealed)
        .map(Zeroizing::new)
        .map_err(|_| FileError::WrongPassword)
}

/// Encrypts to `tag ‖ ciphertext`, `NaCl`'s layout.
pub(crate) fn seal(
    password: &SecretString,
    salt: &[u8; SALT_LEN],
    log_n: u8,
    nonce: &[u8; NONCE_LEN],
    plaintext: &[u8],
) -> Result<Vec<u8>, FileError> {
    cipher(password, salt, log_n)?
        .encrypt(nonce.into(), plaintext)
        .map_err(|_| FileError::Failed("secretbox"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_three_costs_of_cosign_are_accepted() {
        assert_eq!(log_n(1 << 15), Some(15));
        assert_eq!(log_n(WRITTEN_N), Some(16));
        assert_eq!(log_n(1 << 17), Some(17));
        for n in [0, 1, 1 << 14, 65535, 65537, 1 << 18, 1 << 31, u32::MAX] {
            assert_eq!(log_n(n), None, "{n}");
        }
    }
}
