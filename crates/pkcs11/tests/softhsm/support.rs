//! A fresh SoftHSM token for each test, in a process of its own.
//!
//! SoftHSM reads `SOFTHSM2_CONF` when it is initialised, once per process. Each test therefore runs
//! itself again as a child whose environment names a token directory made for it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{
    CheckedSigner, Interaction, KeyAlgorithm, KeyUri, Provider, PublicKey, SecretString,
};
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};

/// Where Debian's softhsm2 has it.
pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// The user PIN of every token made here.
pub(crate) const PIN: &str = "1234";
/// Its label.
pub(crate) const TOKEN: &str = "touchmark test";

const CHILD: &str = "TOUCHMARK_TEST_IN_CHILD";

/// Runs `test` in a child process with a fresh token; `name` is the test's own full name.
pub(crate) fn isolated(name: &str, test: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return test();
    }
    assert!(
        Path::new(MODULE).exists(),
        "{MODULE} is missing: run `sh tests/install.sh`"
    );
    let home = tempfile::tempdir().unwrap();
    let tokens = home.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let conf = home.path().join("softhsm2.conf");
    let content = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&conf, content).unwrap();
    init_token(&conf, TOKEN);
    let status = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, home.path())
        .env("SOFTHSM2_CONF", &conf)
        .env("XDG_RUNTIME_DIR", home.path())
        .status()
        .unwrap();
    assert!(status.success(), "{name} failed in its own process");
}

/// Makes one more token.
pub(crate) fn init_token(conf: &Path, label: &str) {
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", label])
        .args(["--pin", PIN, "--so-pin", "5678"])
        .env("SOFTHSM2_CONF", conf)
        .output()
        .expect("softhsm2-util is missing: run `sh tests/install.sh`");
    assert!(made.status.success(), "{made:?}");
}

/// The `SOFTHSM2_CONF` of this process.
pub(crate) fn conf() -> std::path::PathBuf {
    std::env::var_os("SOFTHSM2_CONF").unwrap().into()
}

/// A key's URI on the test token.
pub(crate) fn uri(rest: &str) -> KeyUri {
    format!("pkcs11:token=touchmark%20test;{rest}?module-path={MODULE}")
        .parse()
        .unwrap()
}

/// A provider that has the PIN.
pub(crate) fn provider() -> Pkcs11Provider {
    Pkcs11Provider::new(Pkcs11Options::default(), Answers::new(Some(PIN)))
}

/// A provider that has nobody to ask.
pub(crate) fn provider_without_pin() -> Pkcs11Provider {
    Pkcs11Provider::new(Pkcs11Options::default(), Answers::new(None))
}

/// Makes a key.
pub(crate) async fn generate(
    provider: &Pkcs11Provider,
    rest: &str,
    algorithm: KeyAlgorithm,
) -> PublicKey {
    let generator = provider.generator().unwrap();
    generator.generate(&uri(rest), algorithm).await.unwrap()
}

/// Opens a key and signs once with every scheme that it has.
pub(crate) async fn sign_with_every_scheme(provider: &Pkcs11Provider, key: &KeyUri) -> usize {
    let signer = CheckedSigner::new(provider.open(key).await.unwrap(), None).unwrap();
    let schemes: Vec<_> = signer.schemes().collect();
    for scheme in &schemes {
        let message = b"message".to_vec();
        signer
            .sign(&scheme.prepare(&message).unwrap())
            .await
            .unwrap();
    }
    schemes.len()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
        .block_on(future)
}

/// Answers every PIN request with the same PIN, or with none.
#[derive(Debug)]
pub(crate) struct Answers {
    pin: Option<&'static str>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn new(pin: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            pin,
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Interaction for Answers {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.pin.map(SecretString::from))
    }

    fn password(&self, _: &PasswordRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, _note: &str) {}
}
