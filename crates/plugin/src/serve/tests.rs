use std::io;
use std::time::{Duration, SystemTime};

use touchmark_core::{Content, Digest, HashAlgorithm, SignatureScheme};

use super::*;
use crate::wire::{CreateKey, InitOptions, MessageOptions, PublicKeyOptions, RpcOptions};

#[path = "test_backend.rs"]
mod test_backend;
use test_backend::{Keys, run};

const MESSAGE: &[u8] = b"hello";

fn request(key: &str, method: Method) -> Request {
    Request {
        init: InitOptions::new(key, None),
        method,
    }
}

fn ask_with(request: &Request, stdin: impl Read) -> Response {
    let json = request.to_json().unwrap();
    let answer = run(serve(&json, stdin, &Keys));
    wire::parse_response(answer.as_bytes()).unwrap()
}

fn ask(key: &str, method: Method) -> Response {
    ask_with(&request(key, method), MESSAGE)
}

fn error_of(response: Response) -> String {
    response.error_message.unwrap()
}

fn options(digest: Option<&[u8]>, hash_func: Option<u32>) -> SignOptions {
    SignOptions {
        rpc_options: RpcOptions::new(None),
        message_options: MessageOptions {
            digest: digest.map(<[u8]>::to_vec),
            hash_func,
        },
    }
}

fn signature_of(response: Response) -> Signature {
    assert_eq!(response.error_message, None);
    Signature::from_bytes(response.sign_message.unwrap().signature.unwrap())
}

fn assert_verifies(key: &str, scheme: SignatureScheme, signature: &Signature) {
    let message = MESSAGE.to_vec();
    let prepared = scheme.prepare(&message).unwrap();
    Keys::public(key).verify(&prepared, signature).unwrap();
}

#[test]
fn the_algorithms_are_those_of_the_command_line() {
    let default = ask("", Method::DefaultAlgorithm).default_algorithm.unwrap();
    assert_eq!(default.default_algorithm, "ecdsa-p256");
    let all = ask("", Method::SupportedAlgorithms)
        .supported_algorithms
        .unwrap();
    assert_eq!(
        all.supported_algorithms.unwrap(),
        KeyAlgorithm::GENERATED.map(KeyAlgorithm::name)
    );
}

#[test]
fn a_public_key_is_pem() {
    let answer = ask("p384", Method::PublicKey(PublicKeyOptions::default()));
    let pem = answer.public_key.unwrap().public_key_pem.unwrap();
    let key = PublicKey::from_pem(&String::from_utf8(pem).unwrap()).unwrap();
    assert_eq!(key, Keys::public("p384"));
}

#[test]
fn a_key_is_made_with_the_algorithm_that_was_named() {
    let create = |key: &str, algorithm: &str| {
        let wanted = CreateKey {
            ctx_deadline: None,
            algorithm: algorithm.into(),
        };
        ask(key, Method::CreateKey(wanted))
    };
    let made = create("new", "ecdsa-p384").create_key.unwrap();
    assert_eq!(
        made.public_key_pem.unwrap(),
        Keys::public("p384").to_pem().into_bytes()
    );
    assert!(error_of(create("new", "dsa-1024")).contains("use one of ecdsa-p256"));
    assert!(error_of(create("p256", "ecdsa-p256")).contains("names a key already"));
}

#[test]
fn a_message_on_standard_input_is_signed() {
    for (key, scheme) in [
        ("p256", SignatureScheme::Ecdsa(HashAlgorithm::Sha256)),
        ("p384", SignatureScheme::Ecdsa(HashAlgorithm::Sha256)),
        ("rsa", SignatureScheme::RsaPkcs1v15(HashAlgorithm::Sha256)),
        ("ed25519", SignatureScheme::Ed25519),
    ] {
        let answer = ask(key, Method::SignMessage(options(None, None)));
        assert_verifies(key, scheme, &signature_of(answer));
    }
}

#[test]
fn a_digest_is_signed_and_standard_input_is_not_touched() {
    for (key, hash, scheme) in [
        (
            "p384",
            HashAlgorithm::Sha384,
            SignatureScheme::Ecdsa(HashAlgorithm::Sha384),
        ),
        (
            "rsa",
            HashAlgorithm::Sha512,
            SignatureScheme::RsaPkcs1v15(HashAlgorithm::Sha512),
        ),
        ("ed25519", HashAlgorithm::Sha512, SignatureScheme::Ed25519ph),
    ] {
        let digest = Digest::of(hash, MESSAGE);
        for named in [None, Some(wire::hash::to_wire(hash))] {
            let method = Method::SignMessage(options(Some(digest.as_bytes()), named));
            let answer = ask_with(&request(key, method), Unreadable);
            assert_verifies(key, scheme, &signature_of(answer));
        }
    }
}

#[test]
fn a_token_without_ed25519ph_says_so_clearly() {
    let digest = Digest::of(HashAlgorithm::Sha512, MESSAGE);
    let method = Method::SignMessage(options(Some(digest.as_bytes()), None));
    let error = error_of(ask("ed25519-token", method));
    assert!(error.contains("does not sign with ed25519ph"), "{error}");
    assert!(error.contains("sign without a log"), "{error}");
}

#[test]
fn signatures_are_verified_and_only_good_ones_pass() {
    for key in ["p256", "rsa", "ed25519"] {
        let signature = signature_of(ask(key, Method::SignMessage(options(None, None))));
        let verify = |bytes: Vec<u8>, stdin: &'static [u8]| {
            let wanted = VerifySignature {
                signature: Some(bytes),
                verify_options: Some(options(None, None)),
            };
            ask_with(&request(key, Method::VerifySignature(wanted)), stdin)
        };
        let good = verify(signature.as_bytes().to_vec(), MESSAGE);
        assert_eq!(
            good,
            Response {
                verify_signature: Some(Empty {}),
                ..Response::default()
            }
        );
        for bad in [
            verify(signature.as_bytes().to_vec(), b"hellp"),
            verify(Vec::new(), MESSAGE),
            verify([signature.as_bytes(), &[0]].concat(), MESSAGE),
        ] {
            assert_eq!(bad.verify_signature, None);
            assert!(error_of(bad).contains("does not match"));
        }
    }
}

#[test]
fn a_digest_verifies_without_the_message() {
    let digest = Digest::of(HashAlgorithm::Sha256, MESSAGE);
    let signature = signature_of(ask("p256", Method::SignMessage(options(None, None))));
    let wanted = VerifySignature {
        signature: Some(signature.as_bytes().to_vec()),
        verify_options: Some(options(Some(digest.as_bytes()), None)),
    };
    let answer = ask_with(
        &request("p256", Method::VerifySignature(wanted)),
        Unreadable,
    );
    assert_eq!(answer.verify_signature, Some(Empty {}));
}

#[test]
fn errors_carry_causes_and_hints_and_no_secret() {
    let method = || Method::PublicKey(PublicKeyOptions::default());
    let error = error_of(ask("missing", method()));
    assert_eq!(error, "no key is called missing: list the keys");
    let error = error_of(ask("pkcs11:object=a?pin-value=1234", method()));
    assert!(
        error.contains("pin-source") && !error.contains("1234"),
        "{error}"
    );
    let sign = request("p256", Method::SignMessage(options(None, None)));
    assert!(error_of(ask_with(&sign, Unreadable)).contains("cannot be read"));
}

#[test]
fn a_key_version_is_refused_rather_than_ignored() {
    let mut asked = request("p256", Method::PublicKey(PublicKeyOptions::default()));
    asked.init.rpc_options = Some(RpcOptions {
        key_version: Some("7".into()),
        ..RpcOptions::default()
    });
    assert!(error_of(ask_with(&asked, MESSAGE)).contains("keys here have no versions"));
}

#[test]
fn a_deadline_ends_the_call() {
    let mut asked = request("p256", Method::PublicKey(PublicKeyOptions::default()));
    asked.init.ctx_deadline = Some(SystemTime::UNIX_EPOCH);
    assert!(error_of(ask_with(&asked, MESSAGE)).contains("the deadline passed"));
    asked.init.key_resource_id = "hangs".into();
    asked.init.ctx_deadline = Some(SystemTime::now() + Duration::from_millis(50));
    assert!(error_of(ask_with(&asked, MESSAGE)).contains("raise the host's --timeout"));
}

#[test]
fn garbage_is_answered_with_an_error() {
    let good = request("p256", Method::SignMessage(options(None, None)))
        .to_json()
        .unwrap();
    let mut garbage: Vec<String> = (0..good.len()).map(|end| good[..end].to_owned()).collect();
    garbage
        .extend(["", "null", "[]", "{}", "\u{0}", "v1", "{\"initOptions\":1}"].map(str::to_owned));
    garbage.push(good.replace("\"v1\"", "\"v2\""));
    for json in garbage {
        let answer = run(serve(&json, MESSAGE, &Keys));
        let response = wire::parse_response(answer.as_bytes()).unwrap();
        assert!(!error_of(response).is_empty(), "{json}");
    }
}

#[test]
fn the_arguments_are_the_version_and_the_json() {
    let json = request("", Method::DefaultAlgorithm).to_json().unwrap();
    let call = |arguments: &[&str]| {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let answer = run(serve_arguments(arguments, io::empty(), &Keys));
        wire::parse_response(answer.as_bytes()).unwrap()
    };
    assert!(call(&["v1", &json]).default_algorithm.is_some());
    for wrong in [&[][..], &["v1"], &[&json], &["v1", &json, "more"]] {
        assert!(error_of(call(wrong)).contains("a KMS plugin is called as"));
    }
    assert!(error_of(call(&["v2", &json])).contains("use a host that speaks v1"));
}

/// Standard input that must not be read.
struct Unreadable;

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}
