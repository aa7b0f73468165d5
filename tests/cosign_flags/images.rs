//! The flags of cosign's verbs for images and attestations.

use super::Fate::{self, Done, Refused, Switch, Value};
use super::{EITHER, OFF, ON};

type Flags = &'static [(&'static str, Fate)];

/// Of everything that talks to a registry.
pub(crate) const REGISTRY: Flags = &[
    ("allow-http-registry", Done),
    ("allow-insecure-registry", Done),
    ("attachment-tag-prefix", Value("")),
    ("k8s-keychain", OFF),
    ("registry-cacert", Done),
    ("registry-client-cert", Done),
    ("registry-client-key", Done),
    ("registry-password", Done),
    ("registry-server-name", Done),
    ("registry-token", Done),
    ("registry-username", Done),
];

/// Of everything that signs a claim.
const SIGNING: Flags = &[
    ("key", Done),
    ("sk", Switch(&["=false"])),
    ("slot", Value("signature")),
    ("yes", EITHER),
    ("certificate", Done),
    ("certificate-chain", Done),
    ("bundle", Done),
    ("new-bundle-format", EITHER),
    ("tlog-upload", OFF),
    ("use-signing-config", OFF),
    ("insecure-skip-verify", EITHER),
    ("oidc-disable-ambient-providers", EITHER),
    ("issue-certificate", OFF),
    ("fulcio-auth-flow", Refused),
    ("fulcio-url", Refused),
    ("identity-token", Refused),
    ("oidc-client-id", Refused),
    ("oidc-client-secret-file", Refused),
    ("oidc-issuer", Refused),
    ("oidc-provider", Refused),
    ("oidc-redirect-url", Refused),
    ("rekor-url", Refused),
    ("signing-config", Refused),
    ("timestamp-client-cacert", Refused),
    ("timestamp-client-cert", Refused),
    ("timestamp-client-key", Refused),
    ("timestamp-server-name", Refused),
    ("timestamp-server-url", Refused),
    ("trusted-root", Refused),
];

const SIGN: Flags = &[
    ("annotations", Done),
    ("attachment", Done),
    ("output-certificate", Done),
    ("output-payload", Done),
    ("output-signature", Done),
    ("payload", Done),
    ("record-creation-timestamp", OFF),
    ("recursive", Done),
    ("registry-referrers-mode", Value("legacy")),
    ("sign-container-identity", Done),
    ("upload", Done),
];

const ATTEST: Flags = &[
    ("no-upload", Done),
    ("record-creation-timestamp", OFF),
    ("replace", Done),
];

/// Of everything that attests.
const PREDICATE: Flags = &[
    ("predicate", Done),
    ("statement", Done),
    ("type", Done),
    ("rekor-entry-type", Value("intoto")),
];

const ATTEST_BLOB: Flags = &[
    ("hash", Done),
    ("output-attestation", Done),
    ("output-certificate", Done),
    ("output-signature", Done),
    ("rfc3161-timestamp-bundle", Refused),
];

/// Of everything that verifies a claim.
const VERIFYING: Flags = &[
    ("key", Done),
    ("sk", Switch(&["=false"])),
    ("slot", Value("signature")),
    ("signature-digest-algorithm", Value("sha256")),
    ("ca-intermediates", Done),
    ("ca-roots", Done),
    ("certificate", Done),
    ("certificate-chain", Done),
    ("certificate-identity", Done),
    ("certificate-identity-regexp", Done),
    ("certificate-oidc-issuer", Done),
    ("certificate-oidc-issuer-regexp", Done),
    ("experimental-oci11", EITHER),
    ("insecure-ignore-sct", EITHER),
    ("insecure-ignore-tlog", ON),
    ("max-workers", Value("10")),
    ("new-bundle-format", EITHER),
    ("offline", EITHER),
    ("private-infrastructure", ON),
    ("use-signed-timestamps", OFF),
    ("certificate-github-workflow-name", Refused),
    ("certificate-github-workflow-ref", Refused),
    ("certificate-github-workflow-repository", Refused),
    ("certificate-github-workflow-sha", Refused),
    ("certificate-github-workflow-trigger", Refused),
    ("rekor-url", Refused),
    ("sct", Refused),
    ("timestamp-certificate-chain", Refused),
    ("trusted-root", Refused),
];

const VERIFY: Flags = &[
    ("annotations", Done),
    ("attachment", Done),
    ("check-claims", ON),
    ("local-image", Done),
    ("output", Done),
    ("payload", Done),
    ("signature", Done),
];

const VERIFY_ATTESTATION: Flags = &[
    ("check-claims", ON),
    ("local-image", Done),
    ("output", Done),
    ("policy", Done),
    ("type", Done),
];

const VERIFY_BLOB_ATTESTATION: Flags = &[
    ("bundle", Done),
    ("check-claims", Done),
    ("digest", Done),
    ("digestAlg", Done),
    ("rfc3161-timestamp", Refused),
    ("signature", Done),
    ("type", Done),
];

const COPY: Flags = &[
    ("force", Done),
    ("only", Done),
    ("platform", Done),
    ("sig-only", EITHER),
];
const DIR: Flags = &[("dir", Done)];
const CLEAN: Flags = &[("force", Done), ("type", Done)];
const TYPE: Flags = &[("type", Done)];
const TREE: Flags = &[
    ("experimental-oci11", EITHER),
    ("registry-referrers-mode", Value("oci-1-1")),
];
const PLATFORM: Flags = &[("platform", Done)];
const DOWNLOAD_ATTESTATION: Flags = &[("platform", Done), ("predicate-type", Done)];
const ATTACH_SIGNATURE: Flags = &[
    ("bundle", Done),
    ("certificate", Done),
    ("certificate-chain", Done),
    ("payload", Done),
    ("rekor-response", Refused),
    ("signature", Done),
    ("tsr", Refused),
];
const ATTACH_ATTESTATION: Flags = &[("attestation", Done)];

/// A verb, its flags' fates, and a run of it that succeeds without them. `IMAGE` stands for a
/// signed and attested image by digest, `COPY` for a name that it may be copied to.
type Verb = (&'static str, &'static [Flags], &'static [&'static str]);

pub(crate) const VERBS: [Verb; 17] = [
    (
        "sign",
        &[REGISTRY, SIGNING, SIGN],
        &[
            "--key",
            "key.pem",
            "--upload=false",
            "--output-dir",
            "out",
            "IMAGE",
        ],
    ),
    (
        "verify",
        &[REGISTRY, VERIFYING, VERIFY],
        &["--key", "key.pub", "IMAGE"],
    ),
    (
        "attest",
        &[REGISTRY, SIGNING, PREDICATE, ATTEST],
        &[
            "--key",
            "key.pem",
            "--predicate",
            "a",
            "--no-upload",
            "IMAGE",
        ],
    ),
    (
        "verify-attestation",
        &[REGISTRY, VERIFYING, VERIFY_ATTESTATION],
        &["--key", "key.pub", "IMAGE"],
    ),
    (
        "attest-blob",
        &[SIGNING, PREDICATE, ATTEST_BLOB],
        &["--key", "key.pem", "--predicate", "a", "a"],
    ),
    (
        "verify-blob-attestation",
        &[VERIFYING, VERIFY_BLOB_ATTESTATION],
        &["--key", "key.pub", "--bundle", "a.att", "a"],
    ),
    ("tree", &[REGISTRY, TREE], &["IMAGE"]),
    ("triangulate", &[REGISTRY, TYPE], &["IMAGE"]),
    ("copy", &[REGISTRY, COPY], &["IMAGE", "COPY"]),
    ("save", &[REGISTRY, DIR], &["--dir", "saved", "IMAGE"]),
    ("load", &[REGISTRY, DIR], &["--dir", "saved", "COPY"]),
    // There is none, and so nothing is removed.
    (
        "clean",
        &[REGISTRY, CLEAN],
        &["--force", "--type", "sbom", "IMAGE"],
    ),
    ("download signature", &[REGISTRY], &["IMAGE"]),
    (
        "download attestation",
        &[REGISTRY, DOWNLOAD_ATTESTATION],
        &["IMAGE"],
    ),
    ("download sbom", &[REGISTRY, PLATFORM], &["WITH_SBOM"]),
    (
        "attach signature",
        &[REGISTRY, ATTACH_SIGNATURE],
        &[
            "--payload",
            "payload.json",
            "--signature",
            "payload.json.sig",
            "IMAGE",
        ],
    ),
    (
        "attach attestation",
        &[REGISTRY, ATTACH_ATTESTATION],
        &["--attestation", "image.att", "IMAGE"],
    ),
];
