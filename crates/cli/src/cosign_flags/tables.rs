//! Which flags of cosign 2 and 3 each verb takes without doing anything for them, or refuses.

use super::Flag;
use super::Kind::{self, Either, Is, Number, Refused, Word};

const NO_LOG: &str = "this version signs without a transparency log; leave the flag out";
const NO_SERVICES: &str = "this version neither requests certificates nor timestamps";
const NO_ROOT: &str = "this version does not check log entries or timestamps, so it must not claim \
                       to: leave the flag out, they are reported as notChecked";
const NO_WORKFLOW: &str = "this version does not compare the workflow in a certificate; narrow by \
                           --certificate-identity-regexp, which has it";
const NO_SCT: &str = "this version does not check that a certificate was logged; leave the flag \
                      out, only the given authorities are trusted";
const FROM_KEY: &str = "the algorithm follows from the key; leave the flag out";
const OWN_LOGIN: &str = "credentials are those of `docker login`, of a credential helper, or of \
                         --registry-username and --registry-password; leave the flag out";
const NO_PREFIX: &str = "attachments are found under cosign's own tags; leave the flag out, and \
                         for another place set COSIGN_REPOSITORY";
const NO_MODE: &str = "both forms are written and read: the `.sig` and `.att` tags, and Sigstore \
                       bundles as referrers; leave the flag out";
const NO_CREATED: &str = "the same signatures give the same manifest, without the time; the bundle \
                          form has the time in an annotation";
const NO_TSR: &str = "this version cannot check a log entry or timestamp, so it attaches none";

const fn flag(name: &'static str, kind: Kind) -> Flag {
    Flag { name, kind }
}

/// What is asked before signing, or makes it faster.
const LENIENT: &[Flag] = &[
    flag("yes", Either),
    flag("offline", Either),
    flag("max-workers", Number),
];

/// Of everything that signs.
const SERVICES: &[Flag] = &[
    flag("insecure-ignore-tlog", Either),
    flag("insecure-skip-verify", Either),
    flag("oidc-disable-ambient-providers", Either),
    flag("tlog-upload", Is(false, NO_LOG)),
    flag("use-signing-config", Is(false, NO_LOG)),
    flag("issue-certificate", Is(false, NO_SERVICES)),
    flag("rekor-url", Refused(NO_LOG)),
    flag("signing-config", Refused(NO_LOG)),
    flag("trusted-root", Refused(NO_LOG)),
    flag("identity-token", Refused(NO_SERVICES)),
    flag("fulcio-auth-flow", Refused(NO_SERVICES)),
    flag("fulcio-url", Refused(NO_SERVICES)),
    flag("oidc-client-id", Refused(NO_SERVICES)),
    flag("oidc-client-secret-file", Refused(NO_SERVICES)),
    flag("oidc-issuer", Refused(NO_SERVICES)),
    flag("oidc-provider", Refused(NO_SERVICES)),
    flag("oidc-redirect-url", Refused(NO_SERVICES)),
    flag("timestamp-client-cacert", Refused(NO_SERVICES)),
    flag("timestamp-client-cert", Refused(NO_SERVICES)),
    flag("timestamp-client-key", Refused(NO_SERVICES)),
    flag("timestamp-server-name", Refused(NO_SERVICES)),
    flag("timestamp-server-url", Refused(NO_SERVICES)),
];

const SIGN_BLOB: &[Flag] = &[
    flag("new-bundle-format", Either),
    flag("signing-algorithm", Refused(FROM_KEY)),
    flag("rfc3161-timestamp", Refused(NO_SERVICES)),
];

const SIGN_IMAGE: &[Flag] = &[flag("record-creation-timestamp", Is(false, NO_CREATED))];

/// A log entry's kind does not matter where nothing is logged.
const ATTEST: &[Flag] = &[flag(
    "rekor-entry-type",
    Word(&["dsse", "intoto"], "cosign knows dsse and intoto"),
)];

const ATTEST_BLOB: &[Flag] = &[flag("rfc3161-timestamp-bundle", Refused(NO_SERVICES))];

/// Of everything that verifies. What is refused narrows what is trusted.
const VERIFY: &[Flag] = &[
    flag("experimental-oci11", Either),
    flag("insecure-ignore-sct", Either),
    flag("new-bundle-format", Either),
    flag("tlog-upload", Is(false, NO_LOG)),
    flag("use-signing-config", Is(false, NO_LOG)),
    flag("insecure-ignore-tlog", Is(true, NO_ROOT)),
    flag("private-infrastructure", Is(true, NO_ROOT)),
    flag("use-signed-timestamps", Is(false, NO_ROOT)),
    flag("trusted-root", Refused(NO_ROOT)),
    flag("rekor-url", Refused(NO_ROOT)),
    flag("timestamp-certificate-chain", Refused(NO_ROOT)),
    flag("certificate-github-workflow-name", Refused(NO_WORKFLOW)),
    flag("certificate-github-workflow-ref", Refused(NO_WORKFLOW)),
    flag(
        "certificate-github-workflow-repository",
        Refused(NO_WORKFLOW),
    ),
    flag("certificate-github-workflow-sha", Refused(NO_WORKFLOW)),
    flag("certificate-github-workflow-trigger", Refused(NO_WORKFLOW)),
    flag("sct", Refused(NO_SCT)),
];

const VERIFY_BLOB: &[Flag] = &[flag("rfc3161-timestamp", Refused(NO_ROOT))];

/// Of everything that talks to a registry.
const REGISTRY: &[Flag] = &[
    flag("k8s-keychain", Is(false, OWN_LOGIN)),
    flag("attachment-tag-prefix", Word(&[""], NO_PREFIX)),
];

const REFERRERS_MODE: &[Flag] = &[flag("registry-referrers-mode", Word(&["legacy"], NO_MODE))];

const TREE: &[Flag] = &[
    flag(
        "registry-referrers-mode",
        Word(&["legacy", "oci-1-1"], NO_MODE),
    ),
    flag("experimental-oci11", Either),
];

const ATTACH_SIGNATURE: &[Flag] = &[
    flag("rekor-response", Refused(NO_TSR)),
    flag("tsr", Refused(NO_TSR)),
];

/// Which verb's flags.
pub(crate) trait Table {
    const GROUPS: &'static [&'static [Flag]];
}

/// Declares a table's type and its groups of flags.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $($group:ident),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Table for $name {
            const GROUPS: &'static [&'static [Flag]] = &[$($group),+];
        }
    )+};
}

tables! {
    /// `sign-blob`.
    Signing: LENIENT, SERVICES, SIGN_BLOB;
    /// `sign`.
    SigningImage: LENIENT, SERVICES, SIGN_IMAGE, REGISTRY, REFERRERS_MODE;
    /// `attest`.
    Attesting: LENIENT, SERVICES, SIGN_IMAGE, ATTEST, REGISTRY;
    /// `attest-blob`.
    AttestingBlob: LENIENT, SERVICES, ATTEST, ATTEST_BLOB;
    /// `verify-blob`, `verify-blob-attestation`.
    VerifyingBlob: LENIENT, VERIFY, VERIFY_BLOB;
    /// `verify`, `verify-attestation`.
    VerifyingImage: LENIENT, VERIFY, REGISTRY;
    /// `tree`.
    Tree: REGISTRY, TREE;
    /// `attach signature`.
    AttachingSignature: REGISTRY, ATTACH_SIGNATURE;
    /// `attach attestation`.
    AttachingAttestation: REGISTRY;
    /// Whatever else talks to a registry.
    InRegistry: REGISTRY;
}
