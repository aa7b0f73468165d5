//! Unit tests of `encrypted`, on key files that cosign 3.1.2 wrote.

use touchmark_core::{ErrorKind, Explain};

use super::*;
use crate::vectors;

const GENERATED: &str = "cosign-3-generated.key";

/// The JSON of cosign's key file.
fn json() -> String {
    let block = crate::pem_block::single_block(&vectors::read(GENERATED)).unwrap();
    String::from_utf8(block.contents.to_vec()).unwrap()
}

fn public_pem(name: &str) -> String {
    String::from_utf8(vectors::read(name)).unwrap()
}

#[test]
fn cosigns_keys_open_with_their_password_and_encode_back_byte_for_byte() {
    for name in vectors::ALGORITHMS {
        let pem = vectors::read(&format!("cosign-3-imported-{name}.key"));
        let KeyFile::Encrypted(encrypted) = parse_private_key(&pem).unwrap() else {
            panic!("{name} is not encrypted")
        };
        let (salt, nonce) = (&encrypted.salt, &encrypted.nonce);
        let password = vectors::password();
        let der = secretbox::open(&password, salt, 16, nonce, &encrypted.ciphertext).unwrap();
        let key = PrivateKey::from_pkcs8_der(&der).unwrap();
        assert_eq!(
            key.public_key().to_pem(),
            public_pem(&format!("openssl-{name}.pub"))
        );
        assert_eq!(key.pkcs8_der(), &der[..], "{name}");
    }
}

#[test]
fn a_generated_key_and_one_with_an_empty_password_open() {
    let key = decrypt(&vectors::read(GENERATED), &vectors::password()).unwrap();
    assert_eq!(
        key.public_key().to_pem(),
        public_pem("cosign-3-generated.pub")
    );
    let empty = vectors::read("cosign-3-empty-password.key");
    let key = decrypt(&empty, &String::new().into()).unwrap();
    assert_eq!(
        key.public_key().to_pem(),
        public_pem("cosign-3-empty-password.pub")
    );
    let error = decrypt(&empty, &vectors::password()).unwrap_err();
    assert!(matches!(error, FileError::WrongPassword));
}

#[test]
fn the_label_of_old_cosigns_is_read() {
    let text = String::from_utf8(vectors::read(GENERATED)).unwrap();
    let old = text.replace("SIGSTORE", "COSIGN");
    assert!(decrypt(old.as_bytes(), &vectors::password()).is_ok());
}

#[test]
fn a_wrong_password_and_an_altered_ciphertext_do_not_open() {
    let mut key = EncryptedKey::from_json(json().as_bytes()).unwrap();
    let error = key.decrypt(&"wrong".to_owned().into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Secret);
    assert!(!format!("{error} {error:?}").contains("wrong\""));
    key.ciphertext[20] ^= 1;
    let error = key.decrypt(&vectors::password()).unwrap_err();
    assert!(matches!(error, FileError::WrongPassword));
    key.ciphertext.clear();
    let error = key.decrypt(&vectors::password()).unwrap_err();
    assert!(matches!(error, FileError::WrongPassword));
}

#[test]
fn what_is_written_has_cosigns_form_and_opens_again() {
    let key = vectors::plain("openssl-p384.pkcs8.pem");
    let password = "pä55".to_owned().into();
    let text = key.encrypt(&password).unwrap();
    assert!(text.ends_with("-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
    let block = crate::pem_block::single_block(text.as_bytes()).unwrap();
    let written = String::from_utf8(block.contents.to_vec()).unwrap();
    // All but the three base64 strings is the same, character for character.
    assert_eq!(skeleton(&written), skeleton(&json()));
    let again = decrypt(text.as_bytes(), &password).unwrap();
    assert_eq!(again.pkcs8_der(), key.pkcs8_der());
    assert_ne!(
        key.encrypt(&password).unwrap(),
        text,
        "salt and nonce are fresh"
    );
}

/// The JSON with every string longer than a name left out.
fn skeleton(json: &str) -> String {
    let parts = json.split('"');
    parts
        .filter(|part| part.len() < 20 || part.contains(':'))
        .collect()
}

#[test]
fn the_other_costs_that_cosign_reads_open_too() {
    let der = vectors::plain("openssl-p256.pkcs8.pem")
        .pkcs8_der()
        .to_vec();
    let password = vectors::password();
    for (n, log_n) in [(32768, 15), (131_072, 17)] {
        let sealed = secretbox::seal(&password, &[1; 32], log_n, &[2; 24], &der).unwrap();
        let json = format!(
            r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":8,"p":1}},"salt":"{}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{}"}},"ciphertext":"{}"}}"#,
            STANDARD.encode([1; 32]),
            STANDARD.encode([2; 24]),
            STANDARD.encode(sealed)
        );
        let key = EncryptedKey::from_json(json.as_bytes()).unwrap();
        assert_eq!(key.decrypt(&password).unwrap().pkcs8_der(), der);
    }
}

#[test]
fn other_parameters_are_unsupported() {
    for (from, to) in [
        ("65536", "16384"),
        ("65536", "262144"),
        ("65536", "65535"),
        ("\"r\":8", "\"r\":16"),
        ("\"p\":1", "\"p\":2"),
        ("scrypt", "argon2id"),
        ("nacl/secretbox", "aes-256-gcm"),
    ] {
        let changed = json().replace(from, to);
        assert_ne!(changed, json());
        let error = EncryptedKey::from_json(changed.as_bytes()).unwrap_err();
        assert!(matches!(error, FileError::Unsupported(_)), "{to}: {error}");
    }
}

#[test]
fn json_of_any_other_form_is_malformed() {
    let json = json();
    let salt = json.split("\"salt\":\"").nth(1).unwrap();
    let salt = &salt[..44];
    let cases = [
        String::new(),
        "{}".into(),
        "null".into(),
        json[..json.len() - 1].to_owned(),
        format!("{json}{json}"),
        format!("{json}x"),
        json.replacen('{', "{\"extra\":1,", 1),
        json.replace("\"r\":8", "\"r\":8,\"extra\":1"),
        json.replace("\"r\":8", "\"r\":8,\"r\":8"),
        json.replacen('{', "{\"ciphertext\":\"\",", 1),
        json.replace("\"N\"", "\"n\""),
        json.replace("65536", "65536.0"),
        json.replace("65536", "-65536"),
        json.replace("{\"N\":65536,\"r\":8,\"p\":1}", "[65536,8,1]"),
        json.replace(salt, &salt[4..]),
        json.replace(salt, &salt.replace('=', "")),
        json.replace("\"ciphertext\":\"", "\"ciphertext\":\"!"),
        json.replace("\"nonce\":\"", "\"nonce\":\"AAAA"),
    ];
    for case in cases {
        assert_ne!(case, json);
        let error = EncryptedKey::from_json(case.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{case}");
        assert!(!matches!(error, FileError::Unsupported(_)), "{case}");
    }
}

#[test]
fn a_key_that_is_not_encrypted_is_not_decrypted() {
    let pem = vectors::read("openssl-p256.pkcs8.pem");
    assert!(decrypt(&pem, &vectors::password()).is_err());
}
