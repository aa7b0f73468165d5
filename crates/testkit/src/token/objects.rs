//! Objects in tokens as pkcs11-tool makes them: foreign keys, for touchmark to find.

use std::path::Path;

use touchmark_core::{Curve, KeyAlgorithm, PublicKey};

use super::TestToken;
use crate::peers::openssl;

impl TestToken {
    /// Makes a key pair. `id` is hex, as in `01`.
    pub fn generate(&self, algorithm: KeyAlgorithm, label: &str, id: &str) {
        self.generate_with(algorithm, label, id, &[]);
    }

    /// Makes a key pair with more of pkcs11-tool's flags, such as `--always-auth`.
    pub fn generate_with(&self, algorithm: KeyAlgorithm, label: &str, id: &str, flags: &[&str]) {
        self.tool_as_user()
            .args(["--keypairgen", "--key-type", key_type(algorithm)])
            .args(["--label", label, "--id", id, "--usage-sign"])
            .args(flags)
            .run()
            .success();
    }

    /// The public key of a key pair, read from its public object by pkcs11-tool.
    #[must_use]
    pub fn read_public_key(&self, id: &str) -> PublicKey {
        let read = ["--read-object", "--type", "pubkey", "--id", id];
        let output = self.tool().args(read).run().success();
        PublicKey::from_spki_der(&output.stdout)
            .unwrap_or_else(|error| panic!("{error:?} in {output}"))
    }

    /// Removes the public object and leaves the private one.
    pub fn delete_public_object(&self, id: &str) {
        self.delete_object("pubkey", id);
    }

    /// Removes one object of a type in pkcs11-tool's words: `pubkey`, `privkey` or `cert`.
    pub fn delete_object(&self, kind: &str, id: &str) {
        self.tool_as_user()
            .args(["--delete-object", "--type", kind, "--id", id])
            .run()
            .success();
    }

    /// Imports a private key (PKCS#8 in PEM) without any public object.
    pub fn import_private_key(&self, pem: &str, label: &str, id: &str) {
        let der = openssl::private_key_der(pem);
        self.write_object("privkey", &der, label, id);
    }

    /// Imports a private key (PKCS#8 in PEM) and its public half.
    pub fn import_key_pair(&self, pem: &str, label: &str, id: &str) {
        self.import_private_key(pem, label, id);
        let public = openssl::public_key(pem);
        self.write_object("pubkey", public.spki_der(), label, id);
    }

    /// Puts a certificate (DER) beside a key.
    pub fn import_certificate(&self, der: &[u8], label: &str, id: &str) {
        self.write_object("cert", der, label, id);
    }

    fn write_object(&self, kind: &str, der: &[u8], label: &str, id: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), der).expect("a file");
        self.write_file(kind, file.path(), label, id);
    }

    fn write_file(&self, kind: &str, file: &Path, label: &str, id: &str) {
        self.tool_as_user()
            .arg("--write-object")
            .arg(file)
            .args(["--type", kind, "--label", label, "--id", id])
            .args(["--usage-sign"])
            .run()
            .success();
    }

    /// What pkcs11-tool lists after logging in, one block per object.
    #[must_use]
    pub fn list_objects(&self) -> String {
        let output = self.tool_as_user().arg("--list-objects").run().success();
        output.stdout_text()
    }
}

fn key_type(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm {
        KeyAlgorithm::Ecdsa(Curve::P256) => "EC:secp256r1",
        KeyAlgorithm::Ecdsa(Curve::P384) => "EC:secp384r1",
        KeyAlgorithm::Ecdsa(Curve::P521) => "EC:secp521r1",
        KeyAlgorithm::Rsa(3072) => "RSA:3072",
        KeyAlgorithm::Rsa(4096) => "RSA:4096",
        KeyAlgorithm::Rsa(_) => "RSA:2048",
        KeyAlgorithm::Ed25519 => "EC:edwards25519",
    }
}
