//! Registries that lie, through the command line: each lie ends in a refusal, within 20 seconds,
//! and nobody receives credentials that are another's.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Heard, Image, Liar, Registry, say};

/// The longest that one image may take, and what starting and ending costs on a busy machine.
const LIMIT: Duration = Duration::from_secs(20 + 4);
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry with a signed image, and the key.
struct Scene {
    registry: Arc<Registry>,
    touchmark: Touchmark,
    image: Image,
}

impl Scene {
    fn new(format: &str) -> Self {
        let registry = Arc::new(Registry::olareg());
        let image = registry.push_image("team/app", "1.0");
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        Cosign::v3()
            .generate_key_pair(touchmark.dir(), "cosign", "")
            .success();
        let scene = Self {
            registry,
            touchmark,
            image,
        };
        let sign = ["sign", "--key", "cosign.key", "--signature-format", format];
        let sign = scene.touchmark.command(sign);
        sign.arg(scene.image.by_tag()).run().success();
        scene.verify(&scene.image).success();
        scene
    }

    fn verify(&self, image: &Image) -> Output {
        let verify = ["verify", "--key", "cosign.pub", &image.by_tag()];
        self.touchmark.command(verify).run()
    }

    /// What ours says where a registry lies about some of its answers.
    fn lied_to(
        &self,
        lie: impl Fn(&Heard, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Output {
        let liar = Liar::before(&self.registry, lie);
        let started = Instant::now();
        let output = self.verify(&self.image.at(&liar.address()));
        let taken = started.elapsed();
        assert!(taken < LIMIT, "{taken:?} for {output}");
        assert!(!liar.heard().is_empty(), "{output}");
        output
    }
}

#[test]
fn a_manifest_with_another_digest() {
    for format in ["legacy", "bundle"] {
        let scene = Scene::new(format);
        let output = scene.lied_to(|heard, stream| {
            let lies = heard.path.contains("/manifests/sha256-")
                || (heard.path.contains("/manifests/sha256:") && heard.method == "GET");
            if lies {
                let body = br#"{"schemaVersion":2,"layers":[]}"#;
                say(stream, "200 OK", &[("Content-Type", MANIFEST)], body);
            }
            lies
        });
        output.failure();
    }
}

#[test]
fn a_huge_manifest() {
    let scene = Scene::new("legacy");
    let output = scene.lied_to(|heard, stream| {
        let lies = heard.path.contains("/manifests/sha256-");
        if lies {
            let mut body = br#"{"schemaVersion":2,"layers":[]}"#.to_vec();
            body.resize((4 << 20) + 1, b' ');
            say(stream, "200 OK", &[("Content-Type", MANIFEST)], &body);
        }
        lies
    });
    output.failure().stderr_has("is more than 4194304");
}

/// Writes until the other side has had enough.
fn for_ever(stream: &mut TcpStream, piece: &[u8], pause: Duration) {
    while stream.write_all(piece).is_ok() {
        std::thread::sleep(pause);
    }
}

#[test]
fn a_manifest_without_end() {
    let scene = Scene::new("legacy");
    let output = scene.lied_to(|heard, stream| {
        let lies = heard.path.contains("/manifests/sha256-");
        if lies {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {MANIFEST}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            for_ever(stream, &[b' '; 16 << 10], Duration::ZERO);
        }
        lies
    });
    output.failure();
}

#[test]
fn a_slow_drip() {
    let scene = Scene::new("legacy");
    let output = scene.lied_to(|heard, stream| {
        let lies = heard.path.contains("/blobs/");
        if lies {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            for_ever(stream, b" ", Duration::from_secs(1));
        }
        lies
    });
    output.failure();
}

#[test]
fn a_truncated_blob() {
    for format in ["legacy", "bundle"] {
        let scene = Scene::new(format);
        let output = scene.lied_to(|heard, stream| {
            let lies = heard.path.contains("/blobs/");
            if lies {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n{");
            }
            lies
        });
        output.failure();
    }
}

#[test]
fn a_malformed_index() {
    let scene = Scene::new("bundle");
    for body in ["{", "[]", r#"{"schemaVersion":2,"manifests":"none"}"#] {
        let output = scene.lied_to(move |heard, stream| {
            let lies = heard.path.contains("/referrers/");
            if lies {
                say(
                    stream,
                    "200 OK",
                    &[("Content-Type", INDEX)],
                    body.as_bytes(),
                );
            }
            lies
        });
        output.failure();
    }
}

/// Pages that never end: after 1,000 referrers it stops, and says so.
#[test]
fn endless_pages() {
    let scene = Scene::new("bundle");
    let output = scene.lied_to(|heard, stream| {
        let Some((path, query)) = heard.path.split_once("/referrers/") else {
            return false;
        };
        let page: usize = query
            .split_once("page=")
            .map_or(0, |(_, nr)| nr.parse().unwrap());
        let manifests: Vec<_> = (0..100)
            .map(|nr| {
                let digest = format!("sha256:{:064x}", page * 100 + nr);
                format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":500}}"#)
            })
            .collect();
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#,
            manifests.join(",")
        );
        let digest = query.split('?').next().unwrap();
        let next = format!(
            "<{path}/referrers/{digest}?page={}>; rel=\"next\"",
            page + 1
        );
        say(
            stream,
            "200 OK",
            &[("Content-Type", INDEX), ("Link", &next)],
            body.as_bytes(),
        );
        true
    });
    output
        .failure()
        .stderr_has("more than 1000 referrers, and the rest is not looked at");
}

#[test]
fn retry_in_an_hour() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let scene = Scene::new("legacy");
        let output = scene.lied_to(move |_, stream| {
            say(stream, status, &[("Retry-After", "3600")], b"{}");
            true
        });
        output.failure();
    }
}

/// Docker's credentials for an address: a user with a password.
fn credentials(scene: &Scene, address: &str) -> std::path::PathBuf {
    // signer:secret
    let config = format!(r#"{{"auths":{{"{address}":{{"auth":"c2lnbmVyOnNlY3JldA=="}}}}}}"#);
    let file = scene.touchmark.write("docker/config.json", config);
    file.parent().unwrap().to_owned()
}

/// Blobs may be elsewhere, as object stores are; what opens the registry does not go there.
#[test]
fn a_redirect_takes_no_credentials_along() {
    let scene = Scene::new("both");
    let store = Liar::before(&scene.registry, |_, _| false);
    let there = store.address();
    let gate = Liar::before(&scene.registry, move |heard, stream| {
        if heard.authorization != "Basic c2lnbmVyOnNlY3JldA==" {
            let challenge = [("WWW-Authenticate", "Basic realm=\"gate\"")];
            say(stream, "401 Unauthorized", &challenge, b"{}");
            return true;
        }
        let moved = heard.path.contains("/blobs/");
        if moved {
            let location = format!("http://{there}{}", heard.path);
            say(
                stream,
                "307 Temporary Redirect",
                &[("Location", &location)],
                b"",
            );
        }
        moved
    });
    let folder = credentials(&scene, &gate.address());
    let image = scene.image.at(&gate.address());
    let verify = ["verify", "--key", "cosign.pub", &image.by_tag()];
    let verify = scene.touchmark.command(verify).env("DOCKER_CONFIG", folder);
    verify.run().success();
    assert!(
        gate.heard()
            .iter()
            .any(|heard| !heard.authorization.is_empty())
    );
    let heard = store.heard();
    assert!(!heard.is_empty());
    assert!(
        heard.iter().all(|heard| heard.authorization.is_empty()),
        "{heard:?}"
    );
}

/// Credentials of one registry are not tried on another that asks for some.
#[test]
fn another_registry_gets_no_credentials() {
    let scene = Scene::new("both");
    let thief = Liar::before(&scene.registry, |_, stream| {
        let challenge = [("WWW-Authenticate", "Basic realm=\"thief\"")];
        say(stream, "401 Unauthorized", &challenge, b"{}");
        true
    });
    let folder = credentials(&scene, &scene.registry.address());
    let image = scene.image.at(&thief.address());
    let verify = ["verify", "--key", "cosign.pub", &image.by_tag()];
    let verify = scene.touchmark.command(verify).env("DOCKER_CONFIG", folder);
    verify.run().failure().never_says("c2lnbmVyOnNlY3JldA");
    assert!(
        thief
            .heard()
            .iter()
            .all(|heard| heard.authorization.is_empty())
    );
}

/// A push that fails half-way leaves the earlier signatures as they were.
#[test]
fn a_push_that_breaks_off() {
    for format in ["legacy", "bundle"] {
        let scene = Scene::new(format);
        let before = scene
            .registry
            .manifest("team/app", &scene.image.tag_for("sig"));
        let before = before.map(|manifest| manifest.body);
        let bundles = scene.registry.bundles(&scene.image);
        let liar = Liar::before(&scene.registry, |heard, stream| {
            let lies = heard.method == "PUT" && heard.path.contains("/manifests/");
            if lies {
                say(stream, "500 Internal Server Error", &[], b"{}");
            }
            lies
        });
        let image = scene.image.at(&liar.address()).by_tag();
        let sign = ["sign", "--key", "cosign.key", "--signature-format", format];
        let sign = scene
            .touchmark
            .command(sign)
            .args(["-a", "again=yes", &image]);
        sign.run().failure();
        let after = scene
            .registry
            .manifest("team/app", &scene.image.tag_for("sig"));
        assert_eq!(after.map(|manifest| manifest.body), before);
        assert_eq!(scene.registry.bundles(&scene.image), bundles);
        scene.verify(&scene.image).success();
    }
}
