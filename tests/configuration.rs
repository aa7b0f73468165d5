//! `touchmark.toml`: where it is looked for, what it may say, and how its names are used.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use touchmark_core::Curve::P256;
use touchmark_core::KeyAlgorithm;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::token::softhsm;

/// The user's own configuration, in the test's home.
const USERS: &str = "home/config/touchmark/touchmark.toml";

/// A folder with plain keys `one.pem` and `two.pem`, their public halves and a file `a`.
fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    for name in ["one", "two"] {
        let pem = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        touchmark.write(format!("{name}.pub"), openssl::public_key(&pem).to_pem());
        touchmark.write(format!("{name}.pem"), pem);
    }
    touchmark.write("a", "abc");
    touchmark
}

fn names(touchmark: &Touchmark, file: &str, path: &str) {
    touchmark.write(file, format!("[keys.release]\nuri = \"{path}\"\n"));
}

fn public_key(touchmark: &Touchmark, key: &str) -> Vec<u8> {
    let export = ["public-key", "--key", key];
    touchmark.command(export).run().success().stdout
}

#[test]
fn the_named_file_comes_first_then_the_users_then_the_folders() {
    let touchmark = touchmark();
    let (one, two) = (touchmark.read("one.pub"), touchmark.read("two.pub"));
    touchmark
        .command(["public-key", "--key", "release"])
        .run()
        .code(3);
    names(&touchmark, "touchmark.toml", "./one.pem");
    assert_eq!(public_key(&touchmark, "release"), one);
    names(&touchmark, USERS, "./two.pem");
    assert_eq!(public_key(&touchmark, "release"), two);
    names(&touchmark, "named.toml", "./one.pem");
    let export = ["public-key", "--key", "release"];
    let named = |path: &str| {
        touchmark
            .command(export)
            .env("TOUCHMARK_CONFIG", path)
            .run()
    };
    assert_eq!(named("named.toml").success().stdout, one);
    assert_eq!(named("").success().stdout, two);
    let absent = named("absent.toml").code(2);
    absent
        .stderr_has("the file named by TOUCHMARK_CONFIG does not exist")
        .stderr_has("hint: correct the variable");
    // A reference that cannot be a name needs no configuration.
    touchmark.write(USERS, "not toml at all");
    named("").code(6).stderr_has("is malformed");
    assert_eq!(public_key(&touchmark, "./one.pem"), one);
}

#[test]
fn a_configuration_has_a_size_limit_and_is_text() {
    let touchmark = touchmark();
    touchmark.write("named.toml", "");
    let file = std::fs::File::options()
        .write(true)
        .open(touchmark.path("named.toml"))
        .unwrap();
    file.set_len(17 * 1024 * 1024).unwrap();
    let export = || {
        touchmark
            .command(["public-key", "--key", "release"])
            .env("TOUCHMARK_CONFIG", "named.toml")
            .run()
    };
    export()
        .code(6)
        .stderr_has("named.toml is larger than 16 MiB");
    touchmark.write("named.toml", [0xff]);
    export().code(6).stderr_has("named.toml is not UTF-8");
}

#[test]
fn a_name_serves_every_verb_also_as_cosign_spells_it() {
    let touchmark = touchmark();
    names(&touchmark, USERS, "./one.pem");
    for key in ["release", "touchmark://release"] {
        let sign = ["sign-blob", "--key", key, "a"];
        touchmark.command(sign).run().success();
        let verify = ["verify-blob", "--key", key, "a"];
        touchmark.command(verify).run().success();
        let show = ["key", "show", key, "--output", "json"];
        let shown = touchmark.command(show).run().success().json();
        assert_eq!(shown[0]["uri"], "./one.pem");
    }
    touchmark.write("release", "");
    for key in ["release", "touchmark://release"] {
        let sign = ["sign-blob", "--key", key, "a"];
        let refused = touchmark.command(sign).run().code(3);
        refused.stderr_has("\"release\" is a file and also a name in");
    }
    let sign = ["sign-blob", "--key", "./release", "a"];
    touchmark.command(sign).run().code(6);
    let sign = ["sign-blob", "--key", "file:one.pem", "a"];
    touchmark.command(sign).run().success();
}

#[test]
fn names_are_listed_where_one_is_not_known() {
    let touchmark = touchmark();
    let all = "[keys.zeta]\nuri = \"a\"\n[keys.alpha]\nuri = \"b\"\n";
    touchmark.write(USERS, all);
    let unknown = touchmark.command(["key", "show", "beta"]).run().code(3);
    unknown.stderr_has("hint: the configured names are alpha, zeta");
    let doctor = touchmark.command(["doctor"]).run().success();
    assert!(doctor.stdout_text().contains("names alpha, zeta"));
}

#[test]
fn what_is_not_known_or_not_there_is_refused() {
    let touchmark = touchmark();
    for (text, said) in [
        ("keys = 3", "is malformed"),
        (
            "[keys.release]\nuri = \"a\"\nurl = \"b\"",
            "unknown field `url`",
        ),
        ("[key.release]\nuri = \"a\"", "unknown field `key`"),
        ("[keys.release]\npublic-key = \"a\"", "missing field `uri`"),
        ("[keys.release]\nuri = \"a\"\nuri = \"b\"", "duplicate key"),
    ] {
        touchmark.write(USERS, text);
        let refused = touchmark.command(["key", "show", "release"]).run().code(6);
        refused
            .stderr_has(said)
            .stderr_has("hint: a key is [keys.NAME]");
    }
    for (public, code) in [
        ("absent.pub", 1),
        ("../../../a", 6),
        ("-----BEGIN PUBLIC KEY-----", 6),
    ] {
        let entry = format!("[keys.release]\nuri = \"./one.pem\"\npublic-key = \"{public}\"\n");
        touchmark.write(USERS, entry);
        let refused = touchmark
            .command(["key", "show", "release"])
            .run()
            .code(code);
        refused.stderr_has("keys.release: ");
    }
}

/// A pull request could put a `touchmark.toml` where a build runs.
#[test]
fn a_configuration_that_was_only_found_loads_nothing() {
    let touchmark = touchmark();
    for query in [
        "module-path=/tmp/evil.so",
        "pin-source=/etc/passwd",
        "module-name=evil",
    ] {
        names(
            &touchmark,
            "touchmark.toml",
            &format!("pkcs11:object=a?{query}"),
        );
        let show = ["key", "show", "release"];
        let refused = touchmark.command(show).run().code(2);
        refused
            .stderr_has("module-path and pin-source are refused here")
            .stderr_has("hint: a file in the current folder must not load code");
        let named = touchmark
            .command(show)
            .env("TOUCHMARK_CONFIG", "touchmark.toml");
        named.run().failure().never_says("refused here");
        // Also where another key of the file was asked for.
        touchmark.command(["key", "show", "other"]).run().code(2);
    }
}

#[test]
fn the_pinned_public_key_must_be_the_keys_own() {
    let touchmark = touchmark();
    let inline = |name: &str| {
        let pem = String::from_utf8(touchmark.read(format!("{name}.pub"))).unwrap();
        format!("'''\n{pem}'''")
    };
    let pin = |public: &str| {
        let text = format!("[keys.release]\nuri = \"./one.pem\"\npublic-key = {public}\n");
        touchmark.write(USERS, text);
    };
    let sign = ["sign-blob", "--key", "release", "a"];
    let verify = ["verify-blob", "--key", "release", "a"];
    let export = ["public-key", "--key", "release"];
    // A path is relative to the configuration's folder, three below.
    for good in [inline("one"), "\"../../../one.pub\"".to_owned()] {
        pin(&good);
        for verb in [&sign[..], &verify, &export] {
            touchmark.command(verb).run().success();
        }
    }
    for other in [inline("two"), "\"../../../two.pub\"".to_owned()] {
        pin(&other);
        for verb in [&sign[..], &verify, &export] {
            let refused = touchmark.command(verb).run().code(3);
            refused.stderr_has("pinned");
        }
    }
    // A file of public keys must hold the pinned one alone.
    let both = [touchmark.read("one.pub"), touchmark.read("two.pub")].concat();
    touchmark.write("both.pub", both);
    let text = "[keys.release]\nuri = \"./both.pub\"\npublic-key = \"../../../one.pub\"\n";
    touchmark.write(USERS, text);
    touchmark.command(verify).run().code(3);
}

#[test]
fn the_pin_holds_for_keys_in_tokens() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let touchmark = touchmark().env("TOUCHMARK_PIN", &token.user_pin);
    let touchmark = token
        .env()
        .into_iter()
        .fold(touchmark, |all, (name, value)| all.env(&name, &value));
    let uri = token.uri("object=key").to_string();
    touchmark.write("token.pub", token.read_public_key("01").to_pem());
    for (public, code) in [("token", 0), ("one", 3)] {
        let text =
            format!("[keys.release]\nuri = \"{uri}\"\npublic-key = \"../../../{public}.pub\"\n");
        touchmark.write(USERS, text);
        let sign = ["sign-blob", "--key", "release", "a"];
        touchmark.command(sign).run().code(code);
        let verify = ["verify-blob", "--key", "release", "a"];
        touchmark.command(verify).run().code(code);
    }
}
