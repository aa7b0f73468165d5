//! Every flag that cosign 2 and 3 show in their help is done here, accepted or refused with a hint,
//! and none is unknown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

#[path = "cosign_flags/images.rs"]
mod images;

use std::collections::BTreeMap;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::{Cosign, openssl};
use touchmark_testkit::program::{Output, Program};
use touchmark_testkit::registry::Registry;

/// What becomes of a flag of cosign's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It does what it does in cosign: the other tests show that.
    Done,
    /// On or off, and each of these changes nothing; the rest is refused.
    Switch(&'static [&'static str]),
    /// With this value it changes nothing.
    Value(&'static str),
    /// Refused with a hint, with any value.
    Refused,
}

use Fate::{Done, Refused, Switch, Value};

const EITHER: Fate = Switch(&["", "=true", "=false", "=1", "=F"]);
const ON: Fate = Switch(&["", "=true"]);
const OFF: Fate = Switch(&["=false", "=0"]);

const GLOBAL: [(&str, Fate); 4] = [
    ("help", Done),
    ("output-file", Refused),
    ("timeout", Value("3m0s")),
    ("verbose", EITHER),
];

const SIGN_BLOB: [(&str, Fate); 38] = [
    ("key", Done),
    ("bundle", Done),
    ("output-signature", Done),
    ("output", Done),
    ("sk", Switch(&["=false"])),
    ("slot", Value("signature")),
    ("yes", EITHER),
    ("b64", Switch(&["", "=true"])),
    ("new-bundle-format", ON),
    ("tlog-upload", OFF),
    ("use-signing-config", OFF),
    ("insecure-skip-verify", EITHER),
    ("oidc-disable-ambient-providers", EITHER),
    ("issue-certificate", OFF),
    ("insecure-ignore-tlog", EITHER),
    ("offline", EITHER),
    ("max-workers", Value("10")),
    ("certificate", Done),
    ("certificate-chain", Done),
    ("fulcio-auth-flow", Refused),
    ("fulcio-url", Refused),
    ("identity-token", Refused),
    ("oidc-client-id", Refused),
    ("oidc-client-secret-file", Refused),
    ("oidc-issuer", Refused),
    ("oidc-provider", Refused),
    ("oidc-redirect-url", Refused),
    ("output-certificate", Done),
    ("rekor-url", Refused),
    ("rfc3161-timestamp", Refused),
    ("signing-algorithm", Refused),
    ("signing-config", Refused),
    ("timestamp-client-cacert", Refused),
    ("timestamp-client-cert", Refused),
    ("timestamp-client-key", Refused),
    ("timestamp-server-name", Refused),
    ("timestamp-server-url", Refused),
    ("trusted-root", Refused),
];

const VERIFY_BLOB: [(&str, Fate); 35] = [
    ("key", Done),
    ("bundle", Done),
    ("signature", Done),
    ("signature-digest-algorithm", Value("sha256")),
    ("sk", Switch(&["=false"])),
    ("slot", Value("signature")),
    ("experimental-oci11", EITHER),
    ("insecure-ignore-sct", EITHER),
    ("insecure-ignore-tlog", ON),
    ("max-workers", Value("10")),
    ("new-bundle-format", EITHER),
    ("offline", EITHER),
    ("private-infrastructure", ON),
    ("tlog-upload", OFF),
    ("use-signing-config", OFF),
    ("yes", EITHER),
    ("use-signed-timestamps", OFF),
    ("ca-intermediates", Done),
    ("ca-roots", Done),
    ("certificate", Done),
    ("certificate-chain", Done),
    ("certificate-github-workflow-name", Refused),
    ("certificate-github-workflow-ref", Refused),
    ("certificate-github-workflow-repository", Refused),
    ("certificate-github-workflow-sha", Refused),
    ("certificate-github-workflow-trigger", Refused),
    ("certificate-identity", Done),
    ("certificate-identity-regexp", Done),
    ("certificate-oidc-issuer", Done),
    ("certificate-oidc-issuer-regexp", Done),
    ("rekor-url", Refused),
    ("rfc3161-timestamp", Refused),
    ("sct", Refused),
    ("timestamp-certificate-chain", Refused),
    ("trusted-root", Refused),
];

const GENERATE: [(&str, Fate); 2] = [("kms", Done), ("output-key-prefix", Done)];
const IMPORT: [(&str, Fate); 3] = [
    ("key", Done),
    ("output-key-prefix", Done),
    ("yes", Switch(&["", "=true", "=1"])),
];
const PUBLIC_KEY: [(&str, Fate); 4] = [
    ("key", Done),
    ("outfile", Done),
    ("sk", Switch(&["=false"])),
    ("slot", Value("signature")),
];

/// A verb, its flags' fates, and a run of it that succeeds without them.
type FileVerb = (
    &'static str,
    &'static [(&'static str, Fate)],
    &'static [&'static str],
);

const VERBS: [FileVerb; 5] = [
    ("sign-blob", &SIGN_BLOB, &["--key", "key.pem", "a"]),
    ("verify-blob", &VERIFY_BLOB, &["--key", "key.pub", "signed"]),
    ("generate-key-pair", &GENERATE, &["--yes"]),
    ("import-key-pair", &IMPORT, &["--key", "key.pem", "--yes=0"]),
    ("public-key", &PUBLIC_KEY, &["--key", "key.pem"]),
];

fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
    let pem = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    touchmark.write("key.pub", openssl::public_key(&pem).to_pem());
    touchmark.write("key.pem", pem);
    for name in ["a", "signed"] {
        touchmark.write(name, "abc");
    }
    let sign = ["sign-blob", "--key", "key.pem", "signed"];
    touchmark.command(sign).run().success();
    touchmark
}

/// The long flags in cosign's help.
fn flags_of(cosign: &Cosign, touchmark: &Touchmark, verb: &str) -> Vec<String> {
    let words: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
    let help = cosign.command(touchmark.dir(), &words).run();
    let help = help.success().stdout_text();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let flags: Vec<String> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .filter_map(|line| line.split_once("--"))
        .map(|(_, rest)| rest.split(|c| !is_name(c)).next().unwrap().to_owned())
        .collect();
    assert!(flags.len() > 4, "the help was not understood: {help}");
    flags
}

/// One verb of the tables, ready to run.
struct Case {
    verb: &'static str,
    fates: Vec<(&'static str, Fate)>,
    base: Vec<String>,
}

/// All of them. The names of the images are those of a place.
fn cases(place: &Place) -> Vec<Case> {
    let files = VERBS.iter().map(|(verb, fates, base)| Case {
        verb,
        fates: fates.to_vec(),
        base: base.iter().map(|word| (*word).to_owned()).collect(),
    });
    let images = images::VERBS.iter().map(|(verb, fates, base)| Case {
        verb,
        fates: fates.concat(),
        base: base.iter().map(|word| place.named(word)).collect(),
    });
    files.chain(images).collect()
}

/// A folder, and a registry with an image that is signed and attested.
struct Place {
    touchmark: Touchmark,
    registry: Registry,
    image: String,
    with_sbom: String,
}

impl Place {
    fn new() -> Self {
        let registry = Registry::olareg();
        let image = registry.push_image("app", "1.0");
        let sbom = registry.push_image("app", "2.0");
        registry.push_artifact("app", &sbom.tag_for("sbom"), "text/spdx+json", b"{}");
        let place = Self {
            touchmark: touchmark(),
            image: image.by_digest(),
            with_sbom: sbom.by_tag(),
            registry,
        };
        place.prepare();
        place
    }

    fn named(&self, word: &str) -> String {
        match word {
            "IMAGE" => self.image.clone(),
            "WITH_SBOM" => self.with_sbom.clone(),
            "COPY" => format!("{}:1.0", self.registry.repository("copy")),
            word => word.to_owned(),
        }
    }

    fn prepare(&self) {
        let (image, key) = (self.image.as_str(), ["--key", "key.pem"]);
        let run = |verb: &str, more: &[&str]| {
            let program = self.touchmark.command([verb]).args(key).args(more);
            program.run().success();
        };
        run(
            "sign",
            &[
                "--output-payload",
                "payload.json",
                "--output-signature",
                "payload.json.sig",
                image,
            ],
        );
        run(
            "attest",
            &["--predicate", "a", "--bundle", "image.att", image],
        );
        run(
            "attest-blob",
            &["--predicate", "a", "--bundle", "a.att", "a"],
        );
        let save = ["save", "--dir", "saved", image];
        self.touchmark.command(save).run().success();
    }
}

#[test]
fn every_flag_in_cosigns_help_has_a_fate() {
    let place = Place::new();
    for cosign in Cosign::both() {
        for Case { verb, fates, .. } in cases(&place) {
            let known: BTreeMap<&str, Fate> = fates.iter().chain(&GLOBAL).copied().collect();
            for flag in flags_of(&cosign, &place.touchmark, verb) {
                let major = cosign.major();
                assert!(known.contains_key(&*flag), "cosign {major} {verb} --{flag}");
            }
        }
    }
}

fn run<A: AsRef<std::ffi::OsStr>>(
    touchmark: &Touchmark,
    verb: &str,
    base: &[A],
    flag: &[&str],
) -> Output {
    let program = touchmark.command(verb.split(' ')).args(base).args(flag);
    program.run()
}

#[test]
fn every_flag_does_what_is_its_fate() {
    let place = Place::new();
    let touchmark = &place.touchmark;
    for Case { verb, fates, base } in cases(&place) {
        run(touchmark, verb, &base, &[]).success();
        // What scrypt would make slow is known from the other verbs.
        let globals = if verb.ends_with("pair") {
            &GLOBAL[..2]
        } else {
            &GLOBAL[..]
        };
        for (name, fate) in fates.iter().chain(globals) {
            let flag = format!("--{name}");
            match fate {
                Done => {
                    let words = verb.split(' ').chain(["--help"]);
                    let help = touchmark.command(words).run().success();
                    assert!(help.stdout_text().contains(&flag), "{verb} {flag}");
                }
                Switch(_) if verb == "import-key-pair" => {}
                Switch(states) => {
                    for state in ["", "=true", "=false", "=1", "=0", "=T", "=F"] {
                        let output = run(touchmark, verb, &base, &[&format!("{flag}{state}")]);
                        if states.contains(&state) {
                            output.success();
                        } else {
                            never_unknown(output);
                        }
                    }
                    let odd = run(touchmark, verb, &base, &[&format!("{flag}=perhaps")]);
                    odd.code(2).stderr_has("perhaps");
                }
                Value(value) => drop(run(touchmark, verb, &base, &[&flag, value]).success()),
                Refused => refused(touchmark, verb, &base, &flag),
            }
        }
    }
}

/// Either it is refused as known, or it means the same as a state that is accepted.
fn never_unknown(output: Output) {
    if !output.accepted() {
        output
            .code(2)
            .stderr_has("touchmark: hint: ")
            .never_says("unexpected argument");
    }
}

fn refused(touchmark: &Touchmark, verb: &str, base: &[String], flag: &str) {
    let joined = format!("{flag}=x");
    for given in [&[flag, "x"][..], &[&joined]] {
        let output = run(touchmark, verb, base, given).code(2);
        output
            .stderr_has(&format!("touchmark: error: {flag} is not supported"))
            .stderr_has("touchmark: hint: ");
    }
}

/// What a flag that is accepted changes: nothing. The signature of an Ed25519 key is always the
/// same, so the bundles can be compared.
#[test]
fn flags_that_are_accepted_change_nothing() {
    let touchmark = touchmark();
    touchmark.write("ed25519.pem", openssl::generate("-algorithm ED25519"));
    let base = ["--key", "ed25519.pem", "a"];
    let plain = run(&touchmark, "sign-blob", &base, &[]).success();
    let bundle = touchmark.read("a.sigstore.json");
    let all = [
        "-y",
        "--yes",
        "--offline",
        "--max-workers=3",
        "--tlog-upload=false",
        "--use-signing-config=false",
        "--insecure-ignore-tlog",
        "--insecure-skip-verify",
        "--new-bundle-format",
        "--b64",
        "--timeout=3m0s",
    ];
    for flag in all {
        std::fs::remove_file(touchmark.path("a.sigstore.json")).unwrap();
        let output = run(&touchmark, "sign-blob", &base, &[flag]).success();
        assert_eq!(touchmark.read("a.sigstore.json"), bundle, "{flag}");
        assert_eq!(
            (output.stdout, output.stderr),
            (plain.stdout.clone(), plain.stderr.clone())
        );
    }
    // A signature that is no good stays no good, whatever is ignored.
    touchmark.write("signed", "abd");
    let lenient = [
        "--insecure-ignore-tlog",
        "--insecure-ignore-sct",
        "--offline",
        "--yes",
    ];
    let base = ["--key", "key.pub", "signed"];
    run(&touchmark, "verify-blob", &base, &lenient).code(12);
}

#[test]
fn commands_written_for_cosign_run_unchanged() {
    let touchmark = touchmark();
    let line = |line: &str| -> Program { touchmark.command(line.split_whitespace()) };
    line("generate-key-pair").run().success();
    let sign = "sign-blob --yes --key cosign.key --bundle a.json --tlog-upload=false \
                --use-signing-config=false -t 3m0s -d a";
    line(sign).run().success();
    let verify = "verify-blob --key cosign.pub --bundle a.json --insecure-ignore-tlog=true \
                  --private-infrastructure a";
    line(verify).run().success().stderr_has("Verified OK");
    let sign = "sign-blob --key cosign.key --output-signature a.sig --new-bundle-format=false a";
    line(sign).run().success();
    let verify = "verify-blob --key cosign.pub --signature a.sig --new-bundle-format=false a";
    line(verify).run().success();
    let import = "import-key-pair -k key.pem -o mine";
    line(import).run().success();
    line(import).run().code(3);
    line(&format!("{import} --yes=true")).run().success();
    line(&format!("{import} --yes=false")).run().code(3);
    line("public-key --key cosign.key --outfile again.pub")
        .run()
        .success();
    assert_eq!(touchmark.read("again.pub"), touchmark.read("cosign.pub"));
    let yubikey = line("public-key --sk --slot authentication").run().code(2);
    yubikey.stderr_has("yubikey");
}
