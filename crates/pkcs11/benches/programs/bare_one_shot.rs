//! One P-256 signature in a process of its own with no more calls than it takes: the floor of
//! `sign-blob` with a token's key.
//!
//! `bare_one_shot MODULE TOKEN KEY FILE SIGNATURE`; the PIN is in `TOUCHMARK_PIN`.
#![allow(clippy::expect_used, clippy::panic, reason = "a program to measure")]

#[path = "../bare/mod.rs"]
mod bare;

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use cryptoki_sys::CKM_ECDSA;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, module, token, key, file, output] = &arguments[..] else {
        panic!("MODULE TOKEN KEY FILE SIGNATURE");
    };
    let pin = std::env::var("TOUCHMARK_PIN").expect("the PIN in TOUCHMARK_PIN");
    let message = std::fs::read(file).expect("a file");
    let digest = digest(&SHA256, &message);
    let module = bare::Module::load(Path::new(module));
    let session = module.session(module.slot(token), &pin);
    let key = session.private_key(key);
    let mut signature = [0; 64];
    session.sign(key, CKM_ECDSA, digest.as_ref(), &mut signature);
    session.close();
    module.finalize();
    std::fs::write(output, signature).expect("the signature is written");
}
