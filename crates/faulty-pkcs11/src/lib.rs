//! A PKCS#11 module that wraps a real one and fails on demand, so that what a sound token never
//! does can be tested: hang, lie, vanish, run out of sessions, wear a keypad.
//!
//! As a shared library it is loaded like any module. The variable `FAULTY_PKCS11_PLAN` names a
//! file with a [`Plan`], which names the real module and says what goes wrong; it is read again
//! at each call, so a running test can change it. As a Rust library it is how tests write that
//! file ([`Plan::write`]) and find the module ([`built_module`]).

mod calls;
mod module;
mod plan;

pub use plan::{Action, PLAN_VARIABLE, Plan, Rule, When};

use std::io;
use std::path::PathBuf;

/// The shared library, beside the running test: cargo builds both kinds of this crate wherever a
/// test depends on it.
///
/// # Errors
/// It is not there; the message says how to build it.
pub fn built_module() -> io::Result<PathBuf> {
    let name = format!(
        "{}faulty_pkcs11{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let test = std::env::current_exe()?;
    // Tests run in target/PROFILE/deps, programs one folder up.
    test.ancestors()
        .skip(1)
        .take(2)
        .flat_map(|dir| [dir.join(&name), dir.join("deps").join(&name)])
        .find(|path| path.exists())
        .ok_or_else(|| {
            let message = format!(
                "no {name} beside {}: cargo build -p faulty-pkcs11",
                test.display()
            );
            io::Error::new(io::ErrorKind::NotFound, message)
        })
}
