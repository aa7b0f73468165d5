//! A fresh SoftHSM token for each test, in a process of its own.
//!
//! SoftHSM reads `SOFTHSM2_CONF` when it is initialised, once per process. Each test therefore runs
//! itself again as a child whose environment names a token directory made for it.

use std::path::Path;
use std::process::Command;

use touchmark_core::KeyUri;

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
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&conf, text).unwrap();
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
