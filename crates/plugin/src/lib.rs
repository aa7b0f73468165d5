//! cosign's KMS plugin protocol, both sides of it.
//!
//! cosign runs a program `sigstore-kms-NAME` from `PATH` for keys `NAME://ID`. The program is
//! started once for each call, as `sigstore-kms-NAME v1 JSON`, with the message (or nothing) on
//! standard input, and answers with one JSON object on standard output. Standard error is for
//! people, the exit status means nothing, and an error is an answer with `errorMessage`.
//!
//! * [`wire`] has the JSON of both directions, as sigstore's Go types write it.
//! * [`mod@serve`] is the plugin side: it answers one call, so that cosign signs with keys of ours.
//! * [`host`] is the other side: any such program becomes a backend of ours. What it answers is
//!   not trusted.
//!
//! # What cosign calls, in which order
//!
//! Loading a key calls nothing: cosign only looks whether the program is on `PATH`. Then:
//!
//! * `cosign generate-key-pair --kms`: `defaultAlgorithm`, `createKey` with that algorithm.
//! * `cosign public-key --key`: `publicKey`.
//! * cosign 3, `sign`, `sign-blob`, `attest`: `publicKey` (again wherever the key is needed), then
//!   `signMessage` with the message on standard input **and** its digest, of the hash that
//!   sigstore's registry has for the key (SHA-384 for P-384, SHA-512 for P-521), without saying
//!   which: the digest's length tells. An Ed25519 key gets the 64-byte digest of Ed25519ph if the
//!   signature goes to a transparency log, else no digest: pure Ed25519 over standard input.
//! * cosign 2, `sign-blob`: `publicKey`, `signMessage`, `publicKey`. No digest is sent, and the
//!   hash is the one of `initOptions.hashFunc` (5, SHA-256). With an Ed25519 key and no log,
//!   cosign 2.6.4 panics by itself before it signs.
//! * `cosign verify-blob --signature` with `--key NAME://ID`: `verifySignature` alone, the message
//!   on standard input. Other verifiers may send a digest instead, and where cosign loads a
//!   verifier `initOptions.hashFunc` may be 0.
//!
//! cosign's `--timeout` arrives as `ctxDeadline`, up to three times in one request; the earliest
//! counts.

mod deadline;
pub mod host;
pub mod serve;
pub mod wire;

pub use host::{PluginError, PluginProvider};
pub use serve::{PluginBackend, ServeError, serve, serve_arguments};
