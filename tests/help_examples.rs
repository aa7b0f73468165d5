//! Runs the example at the end of every verb's `--help`.
//!
//! The verbs are taken from the help itself, so a new one without a tested example fails here. Each
//! example runs in a folder that holds what it assumes: a token "release" with the keys "2026" and
//! "2025", a key pair in files, a signed release, a certificate; and where it names a registry, with
//! a registry of its own that has a signed image, under that registry's address.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod handbook;

use std::fs;
use std::path::PathBuf;

use handbook::root;
use handbook::scratch::Scratch;
use touchmark_core::PublicKey;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::Registry;
use touchmark_testkit::token::softhsm;

/// What a verb's example must print or leave behind, and what must not be there before.
struct Example {
    verb: &'static str,
    /// Removed before: the example makes it.
    makes: &'static [&'static str],
    /// In what it prints.
    prints: &'static str,
}

const fn example(
    verb: &'static str,
    makes: &'static [&'static str],
    prints: &'static str,
) -> Example {
    Example {
        verb,
        makes,
        prints,
    }
}

const EXAMPLES: &[Example] = &[
    example("sign", &[], "signed: "),
    example("verify", &[], "The cosign claims were validated"),
    example("attest", &[], "attested: "),
    example("verify-attestation", &[], "\"payloadType\":"),
    example(
        "attest-blob",
        &["release.att.json"],
        "Attestation written to",
    ),
    example("verify-blob-attestation", &[], "Verified OK"),
    example("tree", &[], "Signatures for an image tag: "),
    example("triangulate", &[], "/app:sha256-"),
    example("copy", &[], "Copied signature sha256:"),
    example("save", &["app/index.json"], "Saved signature sha256:"),
    example("load", &[], "Loaded signature sha256:"),
    example("clean", &[], "Removed "),
    example("download signature", &[], "Base64Signature"),
    example("download attestation", &[], "dsseEnvelope"),
    example(
        "download sbom",
        &[],
        "Found SBOM of media type: text/spdx+json",
    ),
    example("attach", &[], "attached: "),
    example("attach signature", &[], "attached: "),
    example("attach attestation", &[], "attached: "),
    example(
        "sign-blob",
        &["release.tar.gz.sigstore.json"],
        "signed: release.tar.gz.sigstore.json",
    ),
    example("verify-blob", &[], "Verified OK"),
    example(
        "generate-key-pair",
        &["cosign.key", "cosign.pub"],
        "Private key written to cosign.key",
    ),
    example(
        "import-key-pair",
        &["import-cosign.key", "import-cosign.pub"],
        "Public key written to import-cosign.pub",
    ),
    example(
        "public-key",
        &["cosign.pub"],
        "Public key written to cosign.pub",
    ),
    example(
        "key generate",
        &["pkcs11:token=release;object=2026"],
        "-----BEGIN PUBLIC KEY-----",
    ),
    example("key list", &[], "object=2026"),
    example("key show", &[], "neverExtractable    yes"),
    example(
        "key export",
        &["release.pub"],
        "Public key written to release.pub",
    ),
    example("key import", &[], "certificate stored beside SHA256:"),
    example("key csr", &[], "-----BEGIN CERTIFICATE REQUEST-----"),
    example("key certificate", &[], "-----BEGIN CERTIFICATE-----"),
    example("key destroy", &[], "destroyed private key"),
    example("key disable", &[], "disabled"),
    example("key enable", &[], "enabled"),
    example("doctor", &[], "\"checks\":["),
    example("completions", &["touchmark.bash"], ""),
    example(
        "man",
        &["man1/touchmark-sign-blob.1"],
        "touchmark-sign-blob.1",
    ),
];

#[test]
fn every_verb_has_an_example_that_is_tested_and_none_is_tested_in_vain() {
    let scratch = Scratch::new();
    let mut verbs = verbs(&scratch, "");
    let mut tested: Vec<String> = EXAMPLES.iter().map(|it| it.verb.to_owned()).collect();
    verbs.sort();
    tested.sort();
    assert_eq!(verbs, tested);
}

#[test]
fn the_reference_lists_every_verb() {
    let reference = fs::read_to_string(root().join("docs/reference-cli.md")).unwrap();
    for verb in verbs(&Scratch::new(), "") {
        assert!(
            reference.contains(&format!("`{verb} ")) || reference.contains(&format!("`{verb}`")),
            "{verb}"
        );
    }
}

#[test]
fn every_example_works_as_it_stands() {
    let prepared = Place::prepare();
    for example in EXAMPLES {
        let mut place = prepared.copy();
        let command = place.localised(&shown(&place.scratch, example.verb));
        for made in example.makes {
            place.remove(made);
        }
        let output = place.bash(&command);
        let said = format!("{}{}", output.stdout_text(), output.stderr_text());
        assert_eq!(output.code, Some(0), "{}: {output}", example.verb);
        assert!(said.contains(example.prints), "{}: {output}", example.verb);
        for made in example
            .makes
            .iter()
            .filter(|made| !made.starts_with("pkcs11:"))
        {
            let bytes = fs::read(place.file(made));
            let bytes = bytes.unwrap_or_else(|error| panic!("{made} ({error}) after {output}"));
            assert!(!bytes.is_empty(), "{made} is empty after {output}");
        }
    }
}

/// The commands under a group, with the group's name before each; the group "" is all of them.
fn verbs(scratch: &Scratch, group: &str) -> Vec<String> {
    let help = help(scratch, group);
    let Some((_, commands)) = help.split_once("Commands:\n") else {
        return vec![group.to_owned()];
    };
    // A group that takes arguments of its own is a verb too.
    let own = help.contains("\nArguments:\n").then(|| group.to_owned());
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    names
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .flat_map(|name| verbs(scratch, format!("{group} {name}").trim_start()))
        .chain(own)
        .collect()
}

fn help(scratch: &Scratch, command: &str) -> String {
    let output = scratch
        .bash(&["-c", &format!("touchmark {command} --help")])
        .run();
    output.success().stdout_text()
}

/// The lines after `Example:` in a verb's help.
fn shown(scratch: &Scratch, verb: &str) -> String {
    let help = help(scratch, verb);
    let (_, example) = help
        .split_once("\nExample:\n")
        .unwrap_or_else(|| panic!("the help of {verb} ends without an example: {help}"));
    assert!(
        example.contains(&format!("touchmark {verb}")),
        "{verb}: {example}"
    );
    example.to_owned()
}

/// What the examples assume.
struct Place {
    scratch: Scratch,
    key_id: String,
    registry: Option<Registry>,
}

impl Place {
    fn prepare() -> Self {
        let scratch = Scratch::new();
        let mut place = Self {
            scratch,
            key_id: String::new(),
            registry: None,
        };
        fs::create_dir_all(place.file("hsm/tokens")).unwrap();
        place.configure();
        place
            .must("softhsm2-util --init-token --free --label release --pin 1234 --so-pin 12345678");
        place.must("touchmark key generate 'pkcs11:token=release;object=2025' >2025.pub");
        place.must("touchmark key generate 'pkcs11:token=release;object=2026' >2026.pub");
        let public = |name| PublicKey::from_pem(&fs::read_to_string(place.file(name)).unwrap());
        let certificate = openssl::certificate_for(&public("2026.pub").unwrap(), "release");
        fs::write(place.file("release.crt"), certificate).unwrap();
        let key_id = public("2025.pub").unwrap().key_id().to_string();
        place.must(
            "touchmark key import 'pkcs11:token=release;object=2026' --certificate release.crt",
        );
        place.must(
            "openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 >openssl.pem",
        );
        place.must("touchmark generate-key-pair");
        place.must("echo release >release.tar.gz");
        place.must("touchmark sign-blob --key cosign.key release.tar.gz");
        let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}"#;
        fs::write(place.file("sbom.cdx.json"), sbom).unwrap();
        place.must(
            "touchmark attest-blob --key cosign.key --type cyclonedx --predicate sbom.cdx.json \
             --bundle release.att.json release.tar.gz",
        );
        place.key_id = key_id;
        place
    }

    /// Another folder with the same content: what one example changes, the next does not see.
    fn copy(&self) -> Self {
        let copy = Self {
            scratch: Scratch::new(),
            key_id: self.key_id.clone(),
            registry: None,
        };
        copy.must(&format!("cp -a '{}/.' .", self.scratch.work().display()));
        copy.configure();
        copy
    }

    /// The command with the address of a registry of its own instead of the ones that it names.
    fn localised(&mut self, command: &str) -> String {
        if !command.contains(".example/") {
            return command.to_owned();
        }
        let registry = Registry::olareg();
        let address = registry.address();
        self.prepare_image(&registry);
        self.registry = Some(registry);
        command
            .replace("registry.example/", &format!("{address}/"))
            .replace("mirror.example/", &format!("{address}/mirror/"))
    }

    /// An image that is signed, attested and saved, with an SBOM beside it.
    fn prepare_image(&self, registry: &Registry) {
        let image = registry.push_image("app", "1.0");
        registry.push_artifact("app", &image.tag_for("sbom"), "text/spdx+json", b"{}");
        let key = "--key cosign.key";
        let predicate = "--type cyclonedx --predicate sbom.cdx.json";
        let (tag, digest) = (image.by_tag(), image.by_digest());
        self.must(&format!("touchmark sign {key} {tag}"));
        self.must(&format!(
            "touchmark attest {key} {predicate} --bundle app.att.json {tag}"
        ));
        self.must(&format!(
            "touchmark sign {key} --upload=false --output-dir signed --output-payload payload.json \
             --output-signature payload.json.sig {digest}"
        ));
        self.must(&format!("touchmark save --dir app {tag}"));
    }

    /// Tells SoftHSM where this folder's token is.
    fn configure(&self) {
        let tokens = self.file("hsm/tokens");
        let conf = format!("directories.tokendir = {}\n", tokens.display());
        fs::write(self.file("hsm/softhsm2.conf"), conf).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.scratch.work().join(name)
    }

    fn bash(&self, command: &str) -> Output {
        self.scratch
            .bash(&["-eu", "-c", command])
            .env("SOFTHSM2_CONF", self.file("hsm/softhsm2.conf"))
            .env("TOUCHMARK_PKCS11_MODULE", softhsm::module())
            .env("TOUCHMARK_PIN", "1234")
            .env("COSIGN_PASSWORD", "secret")
            .env("KEYID", &self.key_id)
            .run()
    }

    fn must(&self, command: &str) {
        self.bash(command).success();
    }

    /// Takes away what an example makes: a file, if it is there, or a key.
    fn remove(&self, made: &str) {
        if made.starts_with("pkcs11:") {
            let show = format!("touchmark public-key --key '{made}'");
            let public = self.bash(&show).success().stdout_text();
            let id = PublicKey::from_pem(&public).unwrap().key_id();
            self.must(&format!("touchmark key destroy '{made}' --confirm {id}"));
        } else if self.file(made).exists() {
            fs::remove_file(self.file(made)).unwrap();
        }
    }
}
