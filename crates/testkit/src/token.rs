//! Fresh PKCS#11 tokens, and keys in them that other people's tools made.
//!
//! [`softhsm`] and [`kryoptic`] make tokens, and [`faulty`] puts a module that fails on demand in
//! front of one. Tokens are in the storage that `softhsm/run.sh` gave this test process, made by
//! child processes, so this process has not loaded the module yet. Make every token before
//! touchmark opens the module: both modules read their configuration at `C_Initialize`, and a
//! process has one of those.

pub mod faulty;
pub mod kryoptic;
pub mod objects;
pub mod softhsm;

use std::path::{Path, PathBuf};

use touchmark_core::KeyUri;
use touchmark_core::uri::percent_encode;

use crate::program::{Output, Program};

/// The user PIN of every fresh token. Distinctive, so that a test can look for it in outputs.
pub const USER_PIN: &str = "user-pin-48151623";
/// The security officer's PIN of every fresh token.
pub const SO_PIN: &str = "so-pin-42108815";

/// An initialised token.
#[derive(Clone, Debug)]
pub struct TestToken {
    /// The module's shared library.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// The token's serial number.
    pub serial: String,
    /// The slot that it is in: SoftHSM derives it from the serial number.
    pub slot: u64,
    /// The user PIN, also where it has not been set.
    pub user_pin: String,
    /// The security officer's PIN.
    pub so_pin: String,
    /// The variable that names the module's configuration, and the configuration.
    configuration: (&'static str, PathBuf),
    /// The variable that names the faulty module's plan, and the plan.
    plan: Option<(&'static str, PathBuf)>,
    /// What holds the token's objects: a folder or a database.
    storage: PathBuf,
}

impl TestToken {
    /// The variables that a child process needs to see the token.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        let variables = [Some(&self.configuration), self.plan.as_ref()];
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let pairs = variables.into_iter().flatten();
        pairs
            .map(|(name, path)| ((*name).to_owned(), text(path)))
            .collect()
    }

    /// A URI with these attributes on this token, such as `object=release` or `id=%01`, with the
    /// module's path.
    #[must_use]
    pub fn uri(&self, attributes: &str) -> KeyUri {
        let token = percent_encode(self.label.as_bytes());
        let module = self.module.display();
        let text = format!("pkcs11:token={token};{attributes}?module-path={module}");
        text.parse().expect("a key URI")
    }

    /// The module's configuration file.
    #[must_use]
    pub fn configuration(&self) -> &Path {
        &self.configuration.1
    }

    /// Sets the user PIN, as the security officer.
    pub fn set_user_pin(&mut self, pin: &str) {
        pin.clone_into(&mut self.user_pin);
        let so = ["--login", "--login-type", "so", "--so-pin", &self.so_pin];
        self.tool()
            .args(so)
            .args(["--init-pin", "--pin", pin])
            .run()
            .success();
    }

    /// Tries a wrong user PIN once.
    pub fn try_wrong_pin(&self) {
        self.tool()
            .args(["--login", "--pin", "wrong-pin", "--list-objects"])
            .run()
            .failure();
    }

    /// Tries wrong user PINs until the token takes no more. Only kryoptic ever locks.
    ///
    /// Panics where the token is not locked after twenty.
    pub fn lock_user_pin(&self) {
        for _ in 0..20 {
            self.try_wrong_pin();
            if self.flags().contains("user PIN locked") {
                return;
            }
        }
        panic!("{} does not lock its PIN", self.label);
    }

    /// The token's flags in pkcs11-tool's words.
    #[must_use]
    pub fn flags(&self) -> String {
        field(&self.listing(), "token flags").expect("an initialised token")
    }

    /// Takes the token's storage away under whoever uses it.
    pub fn delete_storage(&self) {
        if self.storage.is_dir() {
            std::fs::remove_dir_all(&self.storage).expect("the token's folder");
        } else {
            std::fs::remove_file(&self.storage).expect("the token's database");
        }
    }

    /// pkcs11-tool on this token's module and slot, without a login.
    #[must_use]
    pub fn tool(&self) -> Program {
        tool(&self.module, self.env()).args(["--slot", &self.slot.to_string()])
    }

    /// pkcs11-tool as the token's user.
    #[must_use]
    pub fn tool_as_user(&self) -> Program {
        self.tool().args(["--login", "--pin", &self.user_pin])
    }

    /// This slot's part of the list of tokens.
    fn listing(&self) -> String {
        let list = tool(&self.module, self.env()).arg("-L").run().success();
        slot_listing(&list, self.slot)
    }

    /// Reads the serial number that the token got when it was initialised.
    fn with_serial(self) -> Self {
        let serial = field(&self.listing(), "serial num").expect("an initialised token");
        Self { serial, ..self }
    }
}

/// pkcs11-tool on a module.
fn tool(module: &Path, env: impl IntoIterator<Item = (String, String)>) -> Program {
    Program::new(crate::program::find("pkcs11-tool"))
        .arg("--module")
        .arg(module)
        .envs(env)
}

/// The storage of this process: the value of a variable that `softhsm/run.sh` sets.
fn configuration(name: &'static str) -> (&'static str, PathBuf) {
    let path = std::env::var_os(name).unwrap_or_else(|| {
        panic!("{name} is not set: run tests through cargo, which starts them by softhsm/run.sh")
    });
    (name, path.into())
}

/// The lines of `pkcs11-tool -L` about one slot.
fn slot_listing(list: &Output, slot: u64) -> String {
    let text = list.stdout_text();
    let start = format!("(0x{slot:x}):");
    text.split("\nSlot ")
        .find(|part| part.contains(&start))
        .unwrap_or_else(|| panic!("no slot {slot} in {text}"))
        .to_owned()
}

fn field(listing: &str, name: &str) -> Option<String> {
    listing.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
