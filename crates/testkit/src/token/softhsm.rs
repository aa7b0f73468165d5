//! Tokens of SoftHSM 2.

use std::path::{Path, PathBuf};

use super::{SO_PIN, TestToken, USER_PIN, configuration, tool};
use crate::INSTALL;
use crate::program::{Output, Program, find};

/// Where Linux distributions put the module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

/// The module's shared library.
#[must_use]
pub fn module() -> PathBuf {
    MODULES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("SoftHSM is not installed: {INSTALL}"))
}

/// Makes a token. Labels need not be unique: two of the same are an ambiguous name.
#[must_use]
pub fn token(label: &str) -> TestToken {
    let before = folders();
    let made = util(&[
        "--init-token",
        "--free",
        "--label",
        label,
        "--pin",
        USER_PIN,
    ])
    .args(["--so-pin", SO_PIN])
    .run()
    .success();
    found(label, slot_of(&made), &before)
}

/// Makes a token whose user PIN has not been set.
#[must_use]
pub fn token_without_pin(label: &str) -> TestToken {
    let before = folders();
    let (name, path) = configuration("SOFTHSM2_CONF");
    let env = [(name.to_owned(), path.to_str().expect("UTF-8").to_owned())];
    let list = tool(&module(), env.clone()).arg("-L").run().success();
    tool(&module(), env.clone())
        .args(["--slot", &free_slot(&list).to_string(), "--init-token"])
        .args(["--label", label, "--so-pin", SO_PIN])
        .run()
        .success();
    let list = tool(&module(), env).arg("-L").run().success().stdout_text();
    let slots = list.split("\nSlot ").filter(|part| part.contains(label));
    let slot = slots.filter_map(slot_id).last().expect("the new token");
    found(label, slot, &before)
}

/// Initialises the token again: the same label and PINs, no objects. SoftHSM keeps the slot and
/// the serial number.
pub fn reinitialise(token: &TestToken) {
    let slot = token.slot.to_string();
    util(&["--init-token", "--slot", &slot, "--label", &token.label])
        .args(["--pin", &token.user_pin, "--so-pin", &token.so_pin])
        .run()
        .success();
}

fn found(label: &str, slot: u64, before: &[PathBuf]) -> TestToken {
    let storage = folders()
        .into_iter()
        .find(|folder| !before.contains(folder))
        .expect("the new token's folder");
    TestToken {
        module: module(),
        label: label.into(),
        serial: String::new(),
        slot,
        user_pin: USER_PIN.into(),
        so_pin: SO_PIN.into(),
        configuration: configuration("SOFTHSM2_CONF"),
        plan: None,
        storage,
    }
    .with_serial()
}

fn util(args: &[&str]) -> Program {
    let (name, path) = configuration("SOFTHSM2_CONF");
    Program::new(find("softhsm2-util"))
        .args(args)
        .env(name, path)
}

/// `… is reassigned to slot 1870277231`.
fn slot_of(made: &Output) -> u64 {
    let text = made.stdout_text();
    let slot = text.split("reassigned to slot ").nth(1).map(str::trim);
    slot.and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("no slot in {made}"))
}

/// The slot of the one token that is not initialised.
fn free_slot(list: &Output) -> u64 {
    let text = list.stdout_text();
    text.split("\nSlot ")
        .find(|part| part.contains("uninitialized"))
        .and_then(slot_id)
        .unwrap_or_else(|| panic!("no free slot in {list}"))
}

/// `0 (0x6f7a2a6f): …`.
fn slot_id(listing: &str) -> Option<u64> {
    let digits = listing.split("(0x").nth(1)?.split(')').next()?;
    u64::from_str_radix(digits, 16).ok()
}

/// The folders of all tokens; `run.sh` puts them beside the configuration.
fn folders() -> Vec<PathBuf> {
    let (_, conf) = configuration("SOFTHSM2_CONF");
    let tokens = conf.parent().map(|dir| dir.join("tokens"));
    let tokens = tokens.filter(|dir| dir.is_dir());
    entries(&tokens.expect("a configuration by softhsm/run.sh"))
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a readable folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_of_one_label_are_two_tokens() {
        let (one, two) = (token("same"), token("same"));
        assert_ne!(one.slot, two.slot);
        assert_ne!(one.serial, two.serial);
        assert_ne!(one.storage, two.storage);
        one.tool_as_user().arg("--list-objects").run().success();
    }

    #[test]
    fn a_token_without_a_pin_takes_none() {
        let mut token = token_without_pin("no pin");
        assert!(
            !token.flags().contains("PIN initialized"),
            "{}",
            token.flags()
        );
        token.tool_as_user().arg("--list-objects").run().failure();
        token.set_user_pin("another-pin");
        token.tool_as_user().arg("--list-objects").run().success();
    }
}
