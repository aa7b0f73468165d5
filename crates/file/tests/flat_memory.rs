//! Pure Ed25519 over a large message takes no more memory than over a small one. Alone in its
//! process, so that the peak is its own.

use std::fs;
use std::io::{self, Read};

use touchmark_core::{CheckedSigner, KeyAlgorithm, Message, SignatureScheme};
use touchmark_file::{FileSigner, generate};

/// As many zeros as its length says, made while they are read.
#[derive(Debug)]
struct Zeros(u64);

impl Message for Zeros {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(io::repeat(0).take(self.0)))
    }
}

/// The peak of this process's resident memory, in KiB.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn sixty_four_mebibytes_are_signed_and_verified_in_flat_memory() {
    let key = generate(KeyAlgorithm::Ed25519).unwrap();
    let signer = CheckedSigner::new(Box::new(FileSigner::new(key)), None).unwrap();
    let sign = async |message: &Zeros| {
        let prepared = SignatureScheme::Ed25519.prepare(message).unwrap();
        signer.sign(&prepared).await.unwrap();
    };
    sign(&Zeros(64 << 10)).await;
    let before = peak().unwrap();
    sign(&Zeros(64 << 20)).await;
    let grown = peak().unwrap() - before;
    assert!(grown < 4 * 1024, "{grown} KiB");
}
