//! `doctor`: what it finds, in the JSON of the contract, and that it changes and tries nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Instant;

use serde_json::Value;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::product;
use touchmark_testkit::token::faulty::{Action, Faulty, Plan, When};
use touchmark_testkit::token::{kryoptic, softhsm};

fn touchmark() -> Touchmark {
    Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
}

fn report(touchmark: &Touchmark, variables: &[(&str, &str)]) -> Value {
    let doctor = touchmark.command(["doctor", "--output", "json"]);
    let report = doctor
        .envs(variables.iter().copied())
        .run()
        .success()
        .json();
    for check in report["checks"].as_array().unwrap() {
        let mut fields: Vec<&str> = check
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        fields.retain(|field| *field != "hint");
        fields.sort_unstable();
        assert_eq!(fields, ["detail", "name", "status"]);
        let status = check["status"].as_str().unwrap();
        assert!(["ok", "warn", "fail"].contains(&status), "{check}");
        assert!(
            status == "ok" || check["hint"].is_string(),
            "no hint: {check}"
        );
    }
    report
}

/// The first check whose name starts so: the module that was chosen comes before the installed
/// ones, which may show the same tokens.
fn check(report: &Value, name: &str) -> Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .find(|check| check["name"].as_str().unwrap().starts_with(name));
    found
        .unwrap_or_else(|| panic!("no {name} in {report}"))
        .clone()
}

fn is(check: &Value, status: &str, detail: &str, hint: &str) {
    assert_eq!(check["status"], status, "{check}");
    assert!(
        check["detail"].as_str().unwrap().contains(detail),
        "{check}"
    );
    assert!(
        check["hint"].as_str().unwrap_or_default().contains(hint),
        "{check}"
    );
}

#[test]
fn tokens_and_the_state_of_their_pins_are_shown_without_a_login() {
    let (fine, none) = (softhsm::token("fine"), softhsm::token_without_pin("no pin"));
    let faulty = Faulty::wrap(&fine);
    let touchmark = touchmark().token(&faulty.token);
    let found = report(&touchmark, &[]);
    assert_eq!(found["version"], env!("CARGO_PKG_VERSION"));
    let module = format!(
        "module {}",
        faulty.token.module.canonicalize().unwrap().display()
    );
    is(&check(&found, &module), "ok", "2 tokens", "");
    let detail = format!("serial {}, slot {}, PIN not locked", fine.serial, fine.slot);
    is(&check(&found, "token \"fine\""), "ok", &detail, "");
    let detail = format!("serial {}", none.serial);
    is(
        &check(&found, "token \"no pin\""),
        "warn",
        &detail,
        "security officer",
    );
    is(&check(&found, "secrets"), "ok", "TOUCHMARK_PIN set", "");
    for (token_flags, status, detail, hint) in [
        (
            0x0001_0000,
            "warn",
            "a wrong PIN was entered",
            "right PIN once",
        ),
        (0x0002_0000, "warn", "1 try left", "--use-final-pin-try"),
        (0x0004_0000, "fail", "0 tries left", "security officer"),
    ] {
        faulty.plan(|plan| Plan {
            token_flags,
            ..plan
        });
        is(
            &check(&report(&touchmark, &[]), "token \"fine\""),
            status,
            detail,
            hint,
        );
    }
    assert_eq!(faulty.calls("C_Login"), 0);
    assert_eq!(faulty.calls("C_OpenSession"), 0);
}

#[test]
fn a_token_that_wrong_pins_have_locked_is_shown_so() {
    let token = kryoptic::token("release");
    let touchmark = touchmark().token(&token);
    is(
        &check(&report(&touchmark, &[]), "token \"release\""),
        "ok",
        "PIN not locked",
        "",
    );
    token.lock_user_pin();
    is(
        &check(&report(&touchmark, &[]), "token \"release\""),
        "fail",
        "locked",
        "officer",
    );
    let text = touchmark.command(["doctor"]).run().success().stdout_text();
    assert!(text.contains("FAIL  token \"release\": "), "{text}");
    assert!(
        text.contains("\n      hint: its security officer unlocks it"),
        "{text}"
    );
}

#[test]
fn modules_that_are_none_are_a_failed_check_and_no_failure() {
    let touchmark = touchmark();
    let text = touchmark.write("text.so", "no library");
    for (module, said) in [
        ("/nonexistent/module.so", "there is no PKCS#11 module"),
        (
            text.to_str().unwrap(),
            "cannot be loaded as a shared library",
        ),
    ] {
        let found = report(&touchmark, &[("TOUCHMARK_PKCS11_MODULE", module)]);
        is(
            &check(&found, &format!("module {module}")),
            "fail",
            said,
            "module-path",
        );
    }
    let softhsm = softhsm::module().canonicalize().unwrap();
    let module = ("TOUCHMARK_PKCS11_MODULE", softhsm.to_str().unwrap());
    let found = report(&touchmark, &[module, ("SOFTHSM2_CONF", "/nonexistent")]);
    let name = format!("module {}", softhsm.display());
    is(
        &check(&found, &name),
        "fail",
        "does not start",
        "SOFTHSM2_CONF",
    );
}

#[test]
fn a_module_that_hangs_is_not_waited_for() {
    let faulty = Faulty::wrap(&softhsm::token("release"));
    let touchmark = touchmark().token(&faulty.token);
    faulty.plan(|plan| plan.rule("C_GetTokenInfo", When::Always, Action::Hang(55_000)));
    let started = Instant::now();
    let found = report(&touchmark, &[]);
    let module = format!(
        "module {}",
        faulty.token.module.canonicalize().unwrap().display()
    );
    is(&check(&found, &module), "fail", "no answer within 10s", "");
    assert!(started.elapsed().as_secs() < 40);
}

#[test]
fn the_configuration_the_secrets_the_plugins_and_cosign_are_looked_at() {
    let touchmark = touchmark();
    let found = report(&touchmark, &[]);
    is(&check(&found, "configuration"), "ok", "none is needed", "");
    is(
        &check(&found, "secrets"),
        "warn",
        "no PIN or password",
        "TOUCHMARK_PIN",
    );
    touchmark.write("touchmark.toml", "[keys.release]\nuri = \"a\"\n");
    is(
        &check(&report(&touchmark, &[]), "configuration"),
        "ok",
        "names release",
        "",
    );
    touchmark.write("touchmark.toml", "[keys");
    is(
        &check(&report(&touchmark, &[]), "configuration"),
        "fail",
        "is malformed",
        "[keys.NAME]",
    );
    let empty = report(&touchmark, &[("COSIGN_PASSWORD", "")]);
    is(&check(&empty, "secrets"), "ok", "COSIGN_PASSWORD set", "");

    let bin = touchmark.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let path = ("PATH", bin.to_str().unwrap());
    let found = report(&touchmark, &[path]);
    is(&check(&found, "KMS plugins"), "ok", "none on PATH", "");
    is(&check(&found, "cosign"), "ok", "not on PATH", "");
    symlink(product("cosign-3", "cosign"), bin.join("cosign")).unwrap();
    symlink("/bin/true", bin.join("sigstore-kms-example")).unwrap();
    let found = report(&touchmark, &[path]);
    is(
        &check(&found, "KMS plugins"),
        "ok",
        "sigstore-kms-example",
        "",
    );
    is(&check(&found, "cosign"), "ok", "3.1.2 at ", "");
    std::fs::remove_file(bin.join("cosign")).unwrap();
    let broken = touchmark.write("bin/cosign", "not a program");
    std::fs::set_permissions(&broken, PermissionsExt::from_mode(0o755)).unwrap();
    is(
        &check(&report(&touchmark, &[path]), "cosign"),
        "warn",
        "does not run",
        "install",
    );
}
