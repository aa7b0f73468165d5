//! What is refused before anything is opened.

use super::Transcript;
use crate::touchmark;

const USAGE: &[&[&str]] = &[
    &[],
    &["sing-blob", "a"],
    &["frobnicate"],
    &["key"],
    &["key", "destory", "a"],
    &["sign-blob", "--kee", "key.pem", "a"],
    &["sign-blob", "--key", "key.pem"],
    &["sign-blob", "--key"],
    &["sign-blob", "a"],
    &["doctor", "extra"],
    &["doctor", "--timeout", "soon"],
    &["doctor", "--pin-fd", "three"],
    &["doctor", "--pin-file", "p", "--pin-fd", "3"],
    &["doctor", "--verbose=maybe"],
    &["generate-key-pair", "--algorithm", "rsa-1024"],
    &["generate-key-pair", "k8s://namespace/name"],
    &["completions", "tcsh"],
    &["sign-blob", "--key", "key.pem", "--sk", "a"],
    &["sign-blob", "--sk", "--slot", "9a", "a"],
    &["sign-blob", "--key", "awskms:///alias/release", "a"],
    &["sign-blob", "--key", "", "a"],
    &["sign-blob", "--key", "a\u{7}b", "a"],
    &[
        "sign-blob",
        "--key",
        "key.pem",
        "--bundle",
        "b",
        "a",
        "key.pub",
    ],
    &["sign-blob", "--key", "key.pem", "-"],
    &["sign-blob", "--key", "key.pem", "sha256:00"],
    &["sign-blob", "--key", "key.pem", "--bundle", "a", "a"],
    &["sign-blob", "--key", "key.pem", "--b64=false", "a"],
    &[
        "sign-blob",
        "--key",
        "key.pem",
        "--new-bundle-format=false",
        "a",
    ],
    &["sign-blob", "--key", "key.pem", "--output-file", "log", "a"],
    &[
        "sign-blob",
        "--key",
        "key.pem",
        "--rekor-url",
        "https://rekor.example",
        "a",
    ],
    &[
        "sign-blob",
        "--key",
        "key.pem",
        "a.sigstore.json",
        "b.sigstore.json",
    ],
    &[
        "verify-blob",
        "--key",
        "key.pub",
        "a.sigstore.json",
        "b.sigstore.json",
    ],
    &["verify-blob", "--key", "key.pub", "-"],
    &[
        "verify-blob",
        "--key",
        "key.pub",
        "--bundle",
        "b",
        "--signature",
        "s",
        "a",
    ],
    &[
        "verify-blob",
        "--key",
        "key.pub",
        "--trusted-root",
        "r",
        "a",
    ],
    &[
        "verify-blob",
        "--key",
        "key.pub",
        "--insecure-ignore-tlog=false",
        "a",
    ],
    &["key", "generate", "key.pem"],
    &["key", "list", "key.pem"],
    &["key", "disable", "key.pem"],
    &["key", "certificate", "key.pem"],
    &["key", "destroy", "key.pem"],
    &["key", "destroy", "key.pem", "--confirm", "yes"],
    &["key", "csr", "key.pem", "--subject", "release"],
    &["key", "show", "pkcs11:object"],
    &["key", "show", "pkcs11:object=a;object=b"],
    &["key", "show", "pkcs11:object=%zz"],
    &["key", "show", "pkcs11:frob=a"],
    &["key", "show", "pkcs11:object=a"],
];

#[test]
fn wrong_usage_is_code_2() {
    let touchmark = touchmark();
    let mut transcript = Transcript::new("usage", &touchmark);
    for arguments in USAGE {
        transcript.run(arguments);
    }
    transcript.check();
}
