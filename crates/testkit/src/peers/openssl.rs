//! OpenSSL's command line: a verifier that shares no code with touchmark.

use std::path::Path;

use touchmark_core::{HashAlgorithm, PublicKey, Signature, SignatureScheme};

use crate::program::{Output, Program, find};

/// `openssl` with these arguments.
#[must_use]
pub fn command(args: &[&str]) -> Program {
    Program::new(find("openssl")).args(args)
}

/// Lets OpenSSL verify a signature over a message.
///
/// Panics for Ed25519ph, which OpenSSL 3.0 does not know.
#[must_use]
pub fn verify(
    key: &PublicKey,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &Signature,
) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(dir.path().join(name), bytes).expect("a file");
    };
    write("key.pem", key.to_pem().as_bytes());
    write("message", message);
    write("signature", signature.as_bytes());
    verify_files(dir.path(), scheme)
}

fn verify_files(dir: &Path, scheme: SignatureScheme) -> Output {
    let digest = |hash: HashAlgorithm| format!("-{}", hash.name());
    let program = match scheme {
        SignatureScheme::Ecdsa(hash) | SignatureScheme::RsaPkcs1v15(hash) => {
            command(&["dgst", &digest(hash)])
        }
        SignatureScheme::RsaPss(hash) => command(&["dgst", &digest(hash)])
            .args(["-sigopt", "rsa_padding_mode:pss"])
            // The salt as long as the digest, exactly.
            .args(["-sigopt", "rsa_pss_saltlen:digest"]),
        SignatureScheme::Ed25519 => {
            return command(&[
                "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem",
            ])
            .args(["-sigfile", "signature", "-in", "message"])
            .current_dir(dir)
            .run();
        }
        SignatureScheme::Ed25519ph => panic!("OpenSSL 3.0 does not verify Ed25519ph"),
    };
    program
        .args(["-verify", "key.pem", "-signature", "signature", "message"])
        .current_dir(dir)
        .run()
}

/// Makes an unencrypted private key in PKCS#8 PEM; `kind` is OpenSSL's `genpkey` arguments, such
/// as `-algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
#[must_use]
pub fn generate(kind: &str) -> String {
    let output = command(&["genpkey"]).args(kind.split_whitespace()).run();
    output.success().stdout_text()
}

/// The public half of a private key in PEM.
#[must_use]
pub fn public_key(private_pem: &str) -> PublicKey {
    let output = command(&["pkey", "-pubout"]).stdin(private_pem).run();
    PublicKey::from_pem(&output.success().stdout_text()).expect("a public key of OpenSSL")
}

/// A private key in OpenSSL's traditional DER encoding, which pkcs11-tool imports.
#[must_use]
pub fn private_key_der(private_pem: &str) -> Vec<u8> {
    let output = command(&["pkey", "-outform", "DER"])
        .stdin(private_pem)
        .run();
    output.success().stdout
}

/// A certificate (DER) for any public key, signed by a throw-away authority.
#[must_use]
pub fn certificate_for(key: &PublicKey, name: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let run = |args: &str| {
        let output = command(&[]).args(args.split_whitespace());
        output.current_dir(dir.path()).run().success();
    };
    std::fs::write(dir.path().join("key.pem"), key.to_pem()).expect("a file");
    run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
         -days 30 -subj /CN=authority",
    );
    run(&format!(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout any.key \
         -out any.csr -subj /CN={name}"
    ));
    run(
        "x509 -req -in any.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
         -force_pubkey key.pem -outform DER -out cert.der",
    );
    std::fs::read(dir.path().join("cert.der")).expect("the certificate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openssl_signs_it_verifies_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let private = generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        std::fs::write(dir.path().join("key"), &private).unwrap();
        let signed = command(&["dgst", "-sha256", "-sign", "key"])
            .current_dir(dir.path())
            .stdin("message")
            .run()
            .success();
        let signature = Signature::from_bytes(signed.stdout);
        let key = public_key(&private);
        let scheme = SignatureScheme::Ecdsa(HashAlgorithm::Sha256);
        verify(&key, scheme, b"message", &signature).success();
        verify(&key, scheme, b"massage", &signature).failure();
    }
}
