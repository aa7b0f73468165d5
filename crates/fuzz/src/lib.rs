//! Properties of every parser of foreign bytes, for a fuzzer and for a replay.
//!
//! Each module is one target: a function `check` that takes any bytes, says whether the parser
//! accepted them, and panics where a property does not hold. `fuzz_targets/NAME.rs` hands it to
//! libFuzzer; `tests/replay.rs` calls it on a stable compiler with the files of `corpus/NAME/` and
//! with deterministic mutations of them, in every test run:
//!
//! ```sh
//! cargo test --manifest-path crates/fuzz/Cargo.toml --target-dir target --locked
//! ```
//!
//! With the main workspace's target directory, and a `Cargo.lock` of the same versions, it takes
//! the dependencies that are built there already.
//!
//! Fuzzing itself takes `cargo install cargo-fuzz` and a nightly compiler. The first command builds
//! every target with the address sanitizer; the second runs one for a minute. What libFuzzer learns
//! goes to the first folder, so that the corpus stays small:
//!
//! ```sh
//! cargo +nightly fuzz build --dev --fuzz-dir crates/fuzz --features libfuzzer --target-dir target/fuzz
//! mkdir -p target/fuzz-corpus/key_uri
//! target/fuzz/x86_64-unknown-linux-gnu/debug/key_uri -max_total_time=60 \
//!     -artifact_prefix=target/fuzz-corpus/ target/fuzz-corpus/key_uri crates/fuzz/corpus/key_uri
//! ```
//!
//! What it finds lands in `target/fuzz-corpus/`, and once fixed belongs into the corpus as `valid-…`
//! or `refused-…`, after what the parser must say.
//!
//! OpenSSL 3.0 made the keys and signatures in the corpora, the accepted ones with the private keys
//! in `tests/vectors/keys`; bundles and plugin messages were put together around them.

#![forbid(unsafe_code)]

pub mod blob_verdict;
pub mod bundle_json;
pub mod certificate_chain;
pub mod detached_signature;
pub mod digest_text;
pub mod dsse_envelope;
pub mod ecdsa_der;
pub mod image_payload;
pub mod key_uri;
pub mod legacy_bundle;
pub mod pkcs11_uri;
pub mod plugin_request;
pub mod plugin_response;
pub mod predicate;
pub mod private_key_file;
pub mod public_key_pem;
pub mod spki_der;
pub mod statement;
pub mod token_public_key;

mod json;

/// A target: whether the bytes are accepted; panics where a property does not hold.
pub type Check = fn(&[u8]) -> bool;

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, Check); 19] = [
    ("blob_verdict", blob_verdict::check),
    ("bundle_json", bundle_json::check),
    ("certificate_chain", certificate_chain::check),
    ("detached_signature", detached_signature::check),
    ("digest_text", digest_text::check),
    ("dsse_envelope", dsse_envelope::check),
    ("ecdsa_der", ecdsa_der::check),
    ("image_payload", image_payload::check),
    ("key_uri", key_uri::check),
    ("legacy_bundle", legacy_bundle::check),
    ("pkcs11_uri", pkcs11_uri::check),
    ("plugin_request", plugin_request::check),
    ("plugin_response", plugin_response::check),
    ("predicate", predicate::check),
    ("private_key_file", private_key_file::check),
    ("public_key_pem", public_key_pem::check),
    ("spki_der", spki_der::check),
    ("statement", statement::check),
    ("token_public_key", token_public_key::check),
];
