//! skopeo under a signature policy: what podman, CRI-O and `OpenShift` do before they pull.

use std::path::Path;

use serde_json::{Value, json};

use crate::peers::product;
use crate::program::{Output, Program};
use crate::registry::Registry;

/// Which references a signature may name for an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The policy says nothing: skopeo's own rule, `matchRepoDigestOrExact`. The signature must
    /// name repository and tag as they are pulled, or the repository with any tag for a pull by
    /// digest.
    Default,
    /// `matchRepository`: the repository, with any tag or none.
    Repository,
}

/// Copies an image into a folder where a policy demands a signature by a public key (a PEM file),
/// of the `.sig` tag: skopeo knows no other.
#[must_use]
pub fn copy(registry: &Registry, image: &str, key: &Path, identity: Identity) -> Output {
    let dir = tempfile::tempdir().expect("a folder for skopeo");
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("policy.json"), policy(key, identity).to_string()).expect("a policy");
    std::fs::create_dir(path("registries.d")).expect("a folder");
    let attachments = "default-docker: {use-sigstore-attachments: true}\n";
    std::fs::write(path("registries.d/default.yaml"), attachments).expect("a file");
    let program = Program::new(product("skopeo", "skopeo"))
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .envs(registry.env())
        .args(["--policy", "policy.json", "--registries.d", "registries.d"])
        .args(["--tmpdir", ".", "copy"]);
    let program = match registry.credentials() {
        Some(folder) => program
            .arg("--src-authfile")
            .arg(folder.join("config.json")),
        None => program.arg("--src-tls-verify=false"),
    };
    program
        .arg(format!("docker://{image}"))
        .arg("dir:pulled")
        .run()
}

fn policy(key: &Path, identity: Identity) -> Value {
    let mut signed = json!({"type": "sigstoreSigned", "keyPath": key});
    if identity == Identity::Repository {
        signed["signedIdentity"] = json!({"type": "matchRepository"});
    }
    json!({
        "default": [{"type": "reject"}],
        "transports": {"docker": {"": [signed]}},
    })
}
