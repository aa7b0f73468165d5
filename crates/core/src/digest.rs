//! Message digests, and messages as the signing schemes read them.

use std::fmt;
use std::io::{self, Read};

use aws_lc_rs::digest as lc;

/// Bytes per read while hashing: large enough to amortise calls, small enough to stay in cache.
const CHUNK: usize = 64 * 1024;

/// A hash function of FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// Every hash function there is here.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest's length in bytes.
    #[must_use]
    pub fn output_len(self) -> usize {
        self.implementation().output_len()
    }

    /// The name before the colon in `sha256:HEX`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(crate) fn implementation(self) -> &'static lc::Algorithm {
        match self {
            Self::Sha256 => &lc::SHA256,
            Self::Sha384 => &lc::SHA384,
            Self::Sha512 => &lc::SHA512,
        }
    }
}

/// A digest and the function that made it. `Display` is `sha256:` and lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: HashAlgorithm,
    bytes: Vec<u8>,
}

impl Digest {
    /// Hashes bytes in memory.
    #[must_use]
    pub fn of(algorithm: HashAlgorithm, message: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(message);
        hasher.finish()
    }

    /// Hashes a stream to its end, in flat memory.
    ///
    /// # Errors
    /// What reading the stream failed with.
    pub fn read(algorithm: HashAlgorithm, mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Hasher::new(algorithm);
        read_chunks(&mut reader, |chunk| hasher.update(chunk))?;
        Ok(hasher.finish())
    }

    /// A digest that was computed elsewhere; `None` where the length is not the algorithm's.
    #[must_use]
    pub fn from_bytes(algorithm: HashAlgorithm, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == algorithm.output_len()).then(|| Self {
            algorithm,
            bytes: bytes.to_vec(),
        })
    }

    /// Reads `sha256:HEX` (or `sha384:`, `sha512:`); hex in either case, exactly as long as the
    /// digest. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digits) = text.split_once(':')?;
        let algorithm = HashAlgorithm::ALL
            .into_iter()
            .find(|known| known.name() == name)?;
        Self::from_bytes(algorithm, &hex::decode(digits).ok()?)
    }

    /// The function that made it.
    #[must_use]
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The raw digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest as lower-case hex, without the algorithm.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(&self.bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A digest under way.
pub struct Hasher {
    algorithm: HashAlgorithm,
    context: lc::Context,
}

impl Hasher {
    /// Starts an empty digest.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self {
            algorithm,
            context: lc::Context::new(algorithm.implementation()),
        }
    }

    /// Appends bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest {
            algorithm: self.algorithm,
            bytes: self.context.finish().as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// What is signed: bytes in memory, a file, or only their digest.
///
/// A message may be read several times and must yield the same bytes each time; pure Ed25519
/// reads it twice to sign.
pub trait Message: fmt::Debug + Send + Sync {
    /// Its digest. The default reads the message through.
    ///
    /// # Errors
    /// What reading failed with; [`io::ErrorKind::Unsupported`] where only another digest is
    /// known.
    fn digest(&self, algorithm: HashAlgorithm) -> io::Result<Digest> {
        Digest::read(algorithm, self.open()?)
    }

    /// A reader from the first byte.
    ///
    /// # Errors
    /// What opening failed with; [`io::ErrorKind::Unsupported`] where only a digest is known.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// The message's length in bytes, where it is known without reading.
    fn len_hint(&self) -> Option<u64> {
        None
    }
}

impl Message for &[u8] {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(*self))
    }

    fn len_hint(&self) -> Option<u64> {
        u64::try_from(self.len()).ok()
    }
}

impl Message for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.as_slice()))
    }

    fn len_hint(&self) -> Option<u64> {
        u64::try_from(self.len()).ok()
    }
}

impl Message for Digest {
    fn digest(&self, algorithm: HashAlgorithm) -> io::Result<Digest> {
        if algorithm == self.algorithm {
            Ok(self.clone())
        } else {
            Err(only_a_digest(self))
        }
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Err(only_a_digest(self))
    }
}

fn only_a_digest(digest: &Digest) -> io::Error {
    let name = digest.algorithm.name();
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("only the {name} digest of the message is known"),
    )
}

/// Hands a stream to `each` chunk by chunk, to its end.
pub(crate) fn read_chunks(reader: &mut dyn Read, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => each(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_fips_vector_hashes_in_memory_and_as_a_stream() {
        assert_eq!(Digest::of(HashAlgorithm::Sha256, b"abc").to_string(), ABC);
        assert_eq!(
            Digest::read(HashAlgorithm::Sha256, &b"abc"[..])
                .unwrap()
                .to_string(),
            ABC
        );
    }

    #[test]
    fn only_a_whole_digest_of_a_known_function_parses() {
        assert_eq!(Digest::parse(ABC).unwrap().to_string(), ABC);
        for bad in [
            "",
            "sha256:",
            "sha256:00",
            "md5:00",
            &ABC[7..],
            &format!("{ABC}00"),
        ] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_digest_is_no_message() {
        let digest = Digest::parse(ABC).unwrap();
        assert_eq!(
            Message::digest(&digest, HashAlgorithm::Sha256).unwrap(),
            digest
        );
        let error = Message::digest(&digest, HashAlgorithm::Sha512).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(digest.open().is_err());
    }
}
