//! Every error that a user can meet, through the real binary: exit code, message, hint, and the
//! same in JSON. `tests/transcripts` holds the words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod transcripts;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::token::TestToken;

/// A folder with a plain private key `key.pem`, its public half `key.pub`, a file `a` and its
/// bundle.
fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    let pem = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    touchmark.write("key.pub", openssl::public_key(&pem).to_pem());
    touchmark.write("key.pem", pem);
    touchmark.write("a", "abc");
    let sign = ["sign-blob", "--key", "key.pem", "a"];
    touchmark.command(sign).run().success();
    touchmark
}

fn with_token(token: &TestToken) -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(token);
    touchmark.write("a", "abc");
    touchmark
}

/// A PIN in an argument is refused, and no output repeats it.
#[test]
fn a_pin_in_a_uri_is_refused_everywhere_and_never_repeated() {
    const PIN: &str = "8675309";
    let touchmark = touchmark();
    let spellings = [
        format!("pkcs11:object=a?pin-value={PIN}"),
        format!("pkcs11:object=a?%70in-value={PIN}"),
        format!("pkcs11:object=a?PIN-Value={PIN}&module-path=/m.so"),
        format!("touchmark://pkcs11:object=a;pin-value={PIN}"),
        format!("pkcs11:object=%zz?pin%2dvalue={PIN}"),
        format!("pkcs11:object=a?pin-value=a b {PIN}"),
        format!("awskms://x?pin-value={PIN}"),
    ];
    for uri in &spellings {
        let joined = format!("--key={uri}");
        let unknown = format!("--frob={uri}");
        for arguments in [
            &["sign-blob", "--key", uri, "a"][..],
            &["sign-blob", &joined, "a"],
            &["sign-blob", &unknown, "a"],
            &["verify-blob", "--key", uri, "a"],
            &["public-key", "--key", uri],
            &["generate-key-pair", "--kms", uri],
            &["generate-key-pair", uri],
            &["key", "generate", uri],
            &["key", "show", uri],
            &["key", "list", uri],
            &["key", "destroy", uri, "--confirm", uri],
            &["doctor", uri],
            &[uri],
        ] {
            for format in ["text", "json"] {
                let run = touchmark.command(["--output", format]).args(arguments);
                let output = run.args(["--verbose"]).run().code(2).never_says(PIN);
                output
                    .stderr_has("error: a key URI must not contain pin-value")
                    .stderr_has("hint: use pin-source=file:PATH, --pin-file");
            }
        }
        for variable in ["TOUCHMARK_KEY", "COSIGN_KEY"] {
            let run = touchmark.command(["sign-blob", "a"]).env(variable, uri);
            run.run().code(2).never_says(PIN).stderr_has("pin-value");
        }
        touchmark.write(
            "touchmark.toml",
            format!("[keys.release]\nuri = \"{uri}\"\n"),
        );
        let run = touchmark.command(["sign-blob", "--key", "release", "a"]);
        let output = run.run().code(2).never_says(PIN);
        output.stderr_has("touchmark.toml: keys.release: a key URI must not contain pin-value");
        let doctor = touchmark.command(["doctor", "--output", "json"]);
        doctor.run().success().never_says(PIN);
    }
}
