//! Certificates of one's own authority: ours before both cosigns, theirs before ours.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::Path;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::peers::pki::Pki;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Registry};
use touchmark_testkit::token::softhsm;

const SIGNER: &str = "signer@touchmark.test";
/// The signer by name, and no issuer: only Fulcio's certificates state one.
const IDENTITY: [&str; 4] = [
    "--certificate-identity",
    SIGNER,
    "--certificate-oidc-issuer-regexp",
    ".*",
];

/// A registry, an authority, and ours with a key pair `cosign` that `signer.pem` certifies.
struct Scene {
    registry: Registry,
    pki: Pki,
    touchmark: Touchmark,
}

impl Scene {
    fn new() -> Self {
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        Cosign::v3()
            .generate_key_pair(touchmark.dir(), "cosign", "")
            .success();
        let scene = Self {
            registry: Registry::olareg(),
            pki: Pki::new(),
            touchmark,
        };
        scene.certify("cosign.pub");
        for name in ["root.pem", "intermediate.pem", "chain.pem"] {
            std::fs::copy(scene.pki.path(name), scene.touchmark.path(name)).unwrap();
        }
        scene
    }

    fn certify(&self, key: &str) {
        let certificate = self.pki.certificate(&self.touchmark.path(key), SIGNER);
        std::fs::copy(certificate, self.touchmark.path("signer.pem")).unwrap();
    }

    fn sign(&self, image: &Image, key: &str) -> Output {
        let sign = ["sign", "--key", key, "--certificate", "signer.pem"];
        let sign = self.touchmark.command(sign);
        let sign = sign.args(["--certificate-chain", "chain.pem", &image.by_tag()]);
        sign.run()
    }

    /// cosign by the roots, where it reads that form.
    fn cosign(&self, cosign: &Cosign, image: &Image, form: Form, identity: &str) -> Output {
        let verify = ["verify", "--insecure-ignore-tlog", "--insecure-ignore-sct"];
        let verify = cosign.command(self.touchmark.dir(), &verify);
        let verify = verify.args(["--certificate-identity", identity]);
        let verify = verify.args(&IDENTITY[2..]);
        let verify = match form {
            Form::Tag => verify
                .arg("--new-bundle-format=false")
                .args(["--ca-roots", "root.pem"])
                .args(["--ca-intermediates", "intermediate.pem"]),
            Form::Bundle => verify
                .arg("--new-bundle-format=true")
                .arg("--trusted-root")
                .arg(self.pki.trusted_root()),
        };
        verify.arg(image.by_tag()).run()
    }

    /// Ours by the roots.
    fn ours(&self, image: &Image, root: &Path, identity: &str) -> Output {
        let verify = [
            "verify",
            "--ca-intermediates",
            "intermediate.pem",
            "--ca-roots",
        ];
        let verify = self.touchmark.command(verify).arg(root);
        let verify = verify.args(["--certificate-identity", identity]);
        verify.args(&IDENTITY[2..]).arg(image.by_tag()).run()
    }

    fn ours_accepts_and_refuses(&self, image: &Image) {
        let (root, stranger) = (self.pki.path("root.pem"), Pki::new());
        self.ours(image, &root, SIGNER).success();
        self.ours(image, &root, "eve@touchmark.test").code(12);
        let foreign = stranger.path("root.pem");
        self.ours(image, &foreign, SIGNER).code(12);
    }
}

fn ours_before_cosign(scene: &Scene, key: &str) {
    let image = scene.registry.push_image("team/app", "1.0");
    scene.sign(&image, key).success();
    scene.ours_accepts_and_refuses(&image);
    let cosign = Cosign::v3();
    for form in Form::BOTH {
        let by = |identity| scene.cosign(&cosign, &image, form, identity);
        by(SIGNER).success();
        by("eve@touchmark.test").failure();
    }
}

#[test]
fn a_key_file_with_a_certificate() {
    ours_before_cosign(&Scene::new(), "cosign.key");
}

#[test]
fn a_token_key_with_a_certificate() {
    let token = softhsm::token("own-pki");
    let mut scene = Scene::new();
    scene.touchmark = scene.touchmark.token(&token);
    let uri = token.uri("object=release").to_string();
    let run = |args: &[&str]| scene.touchmark.command(args).run().success();
    run(&["key", "generate", &uri]);
    run(&["public-key", "--key", &uri, "--outfile", "token.pub"]);
    scene.certify("token.pub");
    ours_before_cosign(&scene, &uri);
}

#[test]
fn a_certificate_for_another_key_signs_nothing() {
    let scene = Scene::new();
    Cosign::v3()
        .generate_key_pair(scene.touchmark.dir(), "other", "")
        .success();
    let image = scene.registry.push_image("team/app", "1.0");
    scene.sign(&image, "other.key").failure();
    assert_eq!(scene.registry.tags("team/app"), ["1.0"]);
}

/// What cosign signed with a certificate, in each form; 3.1 keeps the leaf only.
#[test]
fn cosigns_before_ours() {
    for cosign in Cosign::both() {
        for form in Form::BOTH {
            let scene = Scene::new();
            let image = scene.registry.push_image("team/app", "1.0");
            let (dir, reference) = (scene.touchmark.dir(), image.by_digest());
            let flags = [
                "--certificate",
                "signer.pem",
                "--certificate-chain",
                "chain.pem",
            ];
            cosign
                .sign(dir, "cosign.key", &reference, form, &flags)
                .success();
            scene.ours_accepts_and_refuses(&image);
        }
    }
}
