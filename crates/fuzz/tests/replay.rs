//! Replays every corpus, and deterministic mutations of it, on a stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use touchmark_fuzz::{Check, TARGETS};

#[path = "replay/mutation.rs"]
mod mutation;

use mutation::Mutations;

/// Mutations for each target, spread over its corpus.
const MUTATIONS: usize = 4_000;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect()
}

/// Runs a check, and says how to run it again where it fails.
fn run(target: &str, check: Check, input: &[u8], origin: &str) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(input))).unwrap_or_else(|_| {
        let shown = String::from_utf8_lossy(input);
        panic!("{target} fails on {origin}; as text: {shown}\nas bytes: {input:02x?}");
    })
}

fn replay(target: &str, check: Check) {
    let corpus = corpus(target);
    let seeds: Vec<Vec<u8>> = corpus.iter().map(|(_, bytes)| bytes.clone()).collect();
    for (path, bytes) in &corpus {
        // The name says what must become of it: a parser that refuses everything passes nothing.
        let accepted = run(target, check, bytes, &path.display().to_string());
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = name.split_once('-').map(|(verdict, _)| verdict);
        let verdict = if accepted { "valid" } else { "refused" };
        assert_eq!(expected, Some(verdict), "{target}/{name}");
    }
    for (number, input) in Mutations::new(target, &seeds).take(MUTATIONS).enumerate() {
        run(target, check, &input, &format!("mutation {number}"));
    }
}

/// One test a target, so that they run side by side and a failure names its target.
macro_rules! replays {
    ($($target:ident),* $(,)?) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), touchmark_fuzz::$target::check);
            }
        )*
        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replays!(
    blob_verdict,
    bundle_json,
    certificate_chain,
    detached_signature,
    digest_text,
    dsse_envelope,
    ecdsa_der,
    image_payload,
    key_uri,
    legacy_bundle,
    pkcs11_uri,
    plugin_request,
    plugin_response,
    predicate,
    private_key_file,
    public_key_pem,
    spki_der,
    statement,
    token_public_key,
);

fn names(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_target_is_fuzzed_replayed_and_has_a_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let replayed: BTreeSet<String> = REPLAYED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(targets, replayed);
    assert_eq!(targets, names("fuzz_targets"));
    assert_eq!(targets, names("corpus"));
}

#[test]
fn every_corpus_has_several_seeds_of_both_kinds() {
    for (target, _) in TARGETS {
        let corpus = corpus(target);
        assert!(corpus.len() <= 30, "{target}: {} files", corpus.len());
        for verdict in ["valid-", "refused-"] {
            let named = |(path, _): &&(PathBuf, Vec<u8>)| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with(verdict)
            };
            assert!(
                corpus.iter().filter(named).count() >= 3,
                "{target}: {verdict}"
            );
        }
    }
}
