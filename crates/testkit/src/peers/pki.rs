//! A certificate authority of one's own, by OpenSSL: a root, an intermediate, and certificates for
//! signers.

use std::path::{Path, PathBuf};

use super::openssl;
use crate::program::Output;

/// An authority in a folder: `root.pem`, `intermediate.pem`, and `chain.pem` with both, the root
/// last.
#[derive(Debug)]
pub struct Pki {
    dir: tempfile::TempDir,
}

impl Pki {
    /// Makes a root and an intermediate that it certified.
    #[must_use]
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let pki = Self { dir };
        pki.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key \
             -out root.pem -days 30 -subj /O=touchmark.test/CN=root",
        );
        let extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\n\
                          keyUsage=critical,keyCertSign\nextendedKeyUsage=codeSigning\n";
        pki.request("intermediate");
        pki.certify("intermediate", "root", extensions, "");
        let read = |name| std::fs::read_to_string(pki.path(name)).expect("a certificate");
        let chain = read("intermediate.pem") + &read("root.pem");
        std::fs::write(pki.path("chain.pem"), chain).expect("a file");
        pki
    }

    /// The path of a file in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Certifies a public key (a PEM file) for code signing and an e-mail address; returns the
    /// certificate's file (PEM).
    #[must_use]
    pub fn certificate(&self, key: &Path, email: &str) -> PathBuf {
        let extensions = format!(
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n\
             subjectAltName=email:{email}\n"
        );
        self.request(email);
        std::fs::copy(key, self.path("forced.pub")).expect("a public key");
        self.certify(
            email,
            "intermediate",
            &extensions,
            "-force_pubkey forced.pub",
        );
        self.path(&format!("{email}.pem"))
    }

    /// The authority as cosign is given it to verify bundles: a Sigstore trusted root with neither
    /// log nor timestamps.
    #[must_use]
    pub fn trusted_root(&self) -> PathBuf {
        let certificates = ["intermediate", "root"].map(|name| {
            let der = self
                .openssl(&format!("x509 -in {name}.pem -outform DER"))
                .stdout;
            let raw = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, der);
            serde_json::json!({"rawBytes": raw})
        });
        let root = serde_json::json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "certificateAuthorities": [{
                "subject": {"organization": "touchmark.test", "commonName": "root"},
                "uri": "https://touchmark.test",
                "certChain": {"certificates": certificates},
                "validFor": {"start": "2020-01-01T00:00:00Z"},
            }],
        });
        let file = self.path("trusted-root.json");
        std::fs::write(&file, root.to_string()).expect("a file");
        file
    }

    fn request(&self, name: &str) {
        self.openssl(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key \
             -out {name}.csr -subj /O=touchmark.test/CN={name}"
        ));
    }

    fn certify(&self, name: &str, by: &str, extensions: &str, more: &str) {
        std::fs::write(self.path("extensions"), extensions).expect("a file");
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -days 30 \
             -extfile extensions -out {name}.pem {more}"
        ));
    }

    fn openssl(&self, args: &str) -> Output {
        let program = openssl::command(&[]).args(args.split_whitespace());
        program.current_dir(self.dir.path()).run().success()
    }
}

impl Default for Pki {
    fn default() -> Self {
        Self::new()
    }
}
