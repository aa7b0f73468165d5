//! Tokens of kryoptic, a second and independent implementation of PKCS#11.
//!
//! Unlike SoftHSM it locks its user PIN after ten wrong ones, keeps `CKA_PUBLIC_KEY_INFO` on
//! private keys and returns bare Ed25519 points.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use super::{SO_PIN, TestToken, USER_PIN, configuration};
use crate::peers;

/// The module's shared library.
#[must_use]
pub fn module() -> PathBuf {
    peers::product("kryoptic", "libkryoptic_pkcs11.so")
}

/// Makes a token in a slot of its own, which it adds to this process's configuration.
#[must_use]
pub fn token(label: &str) -> TestToken {
    let mut token = token_without_pin(label);
    token.set_user_pin(USER_PIN);
    token
}

/// Makes a token whose user PIN has not been set.
#[must_use]
pub fn token_without_pin(label: &str) -> TestToken {
    let configuration = configuration("KRYOPTIC_CONF");
    let (slot, storage) = add_slot(&configuration.1);
    let token = TestToken {
        module: module(),
        label: label.into(),
        serial: String::new(),
        slot,
        user_pin: USER_PIN.into(),
        so_pin: SO_PIN.into(),
        configuration,
        plan: None,
        storage,
    };
    initialise(&token);
    token.with_serial()
}

/// Initialises the token again: the same label and slot, no objects; then sets its user PIN.
pub fn reinitialise(token: &mut TestToken) {
    initialise(token);
    let pin = token.user_pin.clone();
    token.set_user_pin(&pin);
}

fn initialise(token: &TestToken) {
    token
        .tool()
        .args(["--init-token", "--label", &token.label])
        .args(["--so-pin", &token.so_pin])
        .run()
        .success();
}

/// Appends a slot to the configuration; the number follows from how many there are, and opening
/// for exclusive creation keeps two threads from taking the same one.
fn add_slot(conf: &std::path::Path) -> (u64, PathBuf) {
    for slot in 1.. {
        let claim = conf.with_file_name(format!("kryoptic-{slot}.slot"));
        if OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&claim)
            .is_err()
        {
            assert!(claim.exists(), "{} cannot be made", claim.display());
            continue;
        }
        let storage = conf.with_file_name(format!("kryoptic-{slot}.sql"));
        let entry = format!(
            "[[slots]]\nslot = {slot}\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n",
            storage.display()
        );
        let mut file = OpenOptions::new()
            .append(true)
            .open(conf)
            .expect("kryoptic's configuration");
        file.write_all(entry.as_bytes())
            .expect("kryoptic's configuration");
        return (slot, storage);
    }
    unreachable!("slot numbers do not run out");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_apart_and_lock_their_pin() {
        let (one, two) = (token("one"), token("two"));
        assert_ne!((one.slot, &one.serial), (two.slot, &two.serial));
        one.lock_user_pin();
        one.tool_as_user().arg("--list-objects").run().failure();
        two.tool_as_user().arg("--list-objects").run().success();
    }
}
