//! Registries that let not everybody in: a private authority, tokens, passwords, credential
//! helpers; and what is said to those who stay outside.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::program::Program;
use touchmark_testkit::registry::{Image, Registry, USER, USER_PASSWORD};

/// A secured registry with an image, and ours, which knows nothing of the registry yet.
struct Scene {
    registry: Registry,
    touchmark: Touchmark,
    image: Image,
}

impl Scene {
    fn new(registry: Registry) -> Self {
        let image = registry.push_image("team/app", "1.0");
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        Cosign::v3()
            .generate_key_pair(touchmark.dir(), "cosign", "")
            .success();
        touchmark.write("authority.pem", &registry.authority().unwrap().certificate);
        Self {
            registry,
            touchmark,
            image,
        }
    }

    /// A run on the image; the flags come last.
    fn run(&self, verb: &str) -> Program {
        let key = match verb {
            "sign" => "cosign.key",
            _ => "cosign.pub",
        };
        let command = self.touchmark.command([verb, "--key", key]);
        command.arg(self.image.by_tag())
    }

    /// A run of somebody who trusts the authority.
    fn trusting(&self, verb: &str) -> Program {
        self.run(verb).args(["--registry-cacert", "authority.pem"])
    }

    fn docker_config(&self, config: &str) -> String {
        let file = self.touchmark.write("docker/config.json", config);
        file.parent().unwrap().to_str().unwrap().to_owned()
    }
}

fn both() -> [Scene; 2] {
    [Registry::with_tokens(), Registry::with_passwords()].map(Scene::new)
}

/// Flag and variables; the password is in no command line and in no output.
#[test]
fn a_user_and_a_password() {
    for scene in both() {
        for verb in ["sign", "verify"] {
            let run = scene.trusting(verb).args(["--registry-username", USER]);
            let run = run.env("TOUCHMARK_REGISTRY_PASSWORD", USER_PASSWORD);
            run.run().success().never_says(USER_PASSWORD);
        }
    }
}

/// What `docker login` stored, and the authority by `SSL_CERT_FILE`.
#[test]
fn a_stored_login() {
    for scene in both() {
        for verb in ["sign", "verify"] {
            let run = scene.run(verb).envs(scene.registry.env());
            run.run().success();
        }
    }
}

/// A program of Docker's protocol that hands out the login.
#[test]
fn a_credential_helper() {
    for scene in both() {
        let answer = format!(r#"{{"Username":"{USER}","Secret":"{USER_PASSWORD}"}}"#);
        let script = format!("#!/bin/sh\ncat >asked\necho '{answer}'\n");
        let helper = scene.touchmark.write("bin/docker-credential-vault", script);
        std::fs::set_permissions(&helper, PermissionsExt::from_mode(0o755)).unwrap();
        let address = scene.registry.address();
        let config = format!(r#"{{"credHelpers":{{"{address}":"vault"}}}}"#);
        let folder = scene.docker_config(&config);
        let mut path = scene.touchmark.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        for verb in ["sign", "verify"] {
            let run = scene.trusting(verb).env("DOCKER_CONFIG", &folder);
            run.env("PATH", &path).run().success();
            let asked = String::from_utf8(scene.touchmark.read("asked")).unwrap();
            assert_eq!(asked.trim(), address);
        }
    }
}

/// Who does not trust the authority sends nothing, and is told which flag would.
#[test]
fn an_unknown_authority() {
    for scene in both() {
        let run = scene.run("verify").args(["--registry-username", USER]);
        let run = run.env("TOUCHMARK_REGISTRY_PASSWORD", USER_PASSWORD);
        run.run().failure().stderr_has("--registry-cacert");
    }
    let scene = Scene::new(Registry::with_tokens());
    scene.run("verify").run().failure();
    assert!(scene.registry.tokens().asked().is_empty());
}

/// A wrong password is tried once, and said once.
#[test]
fn a_wrong_password() {
    for scene in both() {
        let run = scene.trusting("verify").args(["--registry-username", USER]);
        let run = run.env("TOUCHMARK_REGISTRY_PASSWORD", "not the password");
        run.run().failure().never_says("not the password");
    }
    let scene = Scene::new(Registry::with_tokens());
    let run = scene.trusting("verify").args(["--registry-username", USER]);
    let run = run.env("TOUCHMARK_REGISTRY_PASSWORD", "not the password");
    run.run().failure();
    assert_eq!(scene.registry.tokens().asked().len(), 1);
}

/// Who has no login is told so at once: tokens that allow nothing are not asked for again and again.
#[test]
fn nobody() {
    for scene in both() {
        let started = Instant::now();
        let output = scene.trusting("verify").run().failure();
        let taken = started.elapsed();
        assert!(taken < Duration::from_secs(10), "{taken:?} for {output}");
    }
    let scene = Scene::new(Registry::with_tokens());
    scene.trusting("verify").run().failure();
    let asked = scene.registry.tokens().asked();
    assert!(asked.len() <= 3, "{} tokens", asked.len());
}

/// One token is good for all requests on an image.
#[test]
fn tokens_are_used_again() {
    let scene = Scene::new(Registry::with_tokens());
    let run = |verb: &str| {
        let before = scene.registry.tokens().asked().len();
        let run = scene.run(verb).envs(scene.registry.env());
        run.run().success();
        scene.registry.tokens().asked().len() - before
    };
    // To push is another scope than to pull.
    assert!(run("sign") <= 2);
    assert_eq!(run("verify"), 1);
}
