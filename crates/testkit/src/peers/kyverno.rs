//! Kyverno's command line as a judge: what a cluster's admission says of a pod with an image.

use serde_json::{Value, json};

use crate::peers::cosign::Form;
use crate::peers::product;
use crate::program::{Output, Program};
use crate::registry::Registry;

/// What Kyverno demands of an image.
#[derive(Clone, Copy, Debug)]
pub enum Demand<'a> {
    /// A signature.
    Signature,
    /// An attestation of this predicate type (a URI).
    Attestation(&'a str),
}

/// Judges an image by a public key (PEM): a `ClusterPolicy` of type `Cosign` reads the tags, one
/// of type `SigstoreBundle` the bundles, and neither reads the other.
#[must_use]
pub fn apply(
    registry: &Registry,
    image: &str,
    key_pem: &str,
    form: Form,
    demand: Demand<'_>,
) -> Output {
    let dir = tempfile::tempdir().expect("a folder for Kyverno");
    let write = |name: &str, content: Value| {
        std::fs::write(dir.path().join(name), content.to_string()).expect("a file");
    };
    write("policy.yaml", policy(key_pem, form, demand));
    write("pod.yaml", pod(image));
    Program::new(product("kyverno", "kubectl-kyverno"))
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .envs(registry.env())
        .args([
            "apply",
            "policy.yaml",
            "--resource",
            "pod.yaml",
            "--registry",
        ])
        .run()
}

fn pod(image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod", "namespace": "default"},
        "spec": {"containers": [{"name": "container", "image": image}]},
    })
}

fn policy(key_pem: &str, form: Form, demand: Demand<'_>) -> Value {
    let attestors = json!([{"count": 1, "entries": [{"keys": {
        "publicKeys": key_pem,
        "rekor": {"ignoreTlog": true},
        "ctlog": {"ignoreSCT": true},
    }}]}]);
    let mut verify = json!({
        "type": match form { Form::Tag => "Cosign", Form::Bundle => "SigstoreBundle" },
        "imageReferences": ["*"],
        // Else a pod must name images by digest.
        "mutateDigest": false, "verifyDigest": false,
    });
    match demand {
        Demand::Signature => verify["attestors"] = attestors,
        Demand::Attestation(kind) => {
            verify["attestations"] = json!([{"type": kind, "attestors": attestors}]);
        }
    }
    json!({
        "apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy",
        "metadata": {"name": "signed"},
        "spec": {
            "background": false, "validationFailureAction": "Enforce",
            "rules": [{
                "name": "signed",
                "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
                "verifyImages": [verify],
            }],
        },
    })
}
