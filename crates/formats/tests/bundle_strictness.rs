//! Every way in which a bundle can be malformed is refused: one good bundle, mutated.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use touchmark_core::{ErrorKind, Explain};
use touchmark_formats::bundle::{self, Content, KeyMaterial, Version};

/// A version 0.3 bundle with every kind of member that a key's bundle can have.
const GOOD: &str = include_str!("good-bundle.json");

/// A mutation: what is replaced, by what.
type Mutation = (&'static str, &'static str);

fn mutate((from, to): Mutation) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from:?} is not unique");
    GOOD.replacen(from, to, 1)
}

/// The message with all its causes.
fn refusal(json: &str) -> String {
    let error = bundle::read(json.as_bytes()).expect_err(json);
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.hint().is_some(), "{error}");
    let source = std::error::Error::source(&error);
    format!(
        "{error}: {}",
        source.map(ToString::to_string).unwrap_or_default()
    )
}

#[track_caller]
fn refused(mutation: Mutation, reason: &str) {
    let text = refusal(&mutate(mutation));
    assert!(text.contains(reason), "{mutation:?} gave {text:?}");
}

#[test]
fn every_member_of_a_good_bundle_is_kept() {
    let bundle = bundle::read(GOOD.as_bytes()).unwrap();
    assert_eq!(bundle.version, Version::V0_3);
    assert_eq!(
        bundle.signer,
        KeyMaterial::PublicKey {
            hint: "any text".into()
        }
    );
    assert_eq!(bundle.timestamps, [b"tsr"]);
    let entry = &bundle.log_entries[0];
    assert_eq!((entry.log_index, entry.integrated_time), (7, 1_700_000_000));
    assert_eq!(
        (entry.kind.as_str(), entry.kind_version.as_str()),
        ("hashedrekord", "0.0.1")
    );
    assert_eq!(
        (entry.log_id.len(), entry.body.as_slice()),
        (32, &b"{}"[..])
    );
    assert_eq!(entry.inclusion_promise.as_deref(), Some(&b"set"[..]));
    let proof = entry.inclusion_proof.as_ref().unwrap();
    assert_eq!((proof.log_index, proof.tree_size), (5, 9));
    assert_eq!(
        (proof.root_hash.as_slice(), &proof.hashes),
        (&b"root"[..], &vec![b"hash".to_vec()])
    );
    assert_eq!(proof.checkpoint, "log\n9\ncm9vdA==\n");
    let Content::Message(message) = bundle.content else {
        panic!("{:?}", bundle.content);
    };
    assert_eq!(message.signature.as_bytes(), b"signature");
    assert!(
        message
            .digest
            .unwrap()
            .to_string()
            .starts_with("sha256:bc7d9595")
    );
}

#[test]
fn other_spellings_of_the_same_bundle_read_the_same() {
    let good = bundle::read(GOOD.as_bytes()).unwrap();
    for mutation in [
        ("\"mediaType\"", "\"media_type\""),
        ("\"mediaType\"", "\"media\\u0054ype\""),
        ("\"verificationMaterial\"", "\"verification_material\""),
        ("\"tlogEntries\"", "\"tlog_entries\""),
        ("\"rfc3161Timestamps\"", "\"rfc3161_timestamps\""),
        ("bundle.v0.3+json", "bundle+json;version=0.3"),
        ("\"SHA2_256\"", "1"),
        ("\"7\"", "7"),
        (
            "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=",
            "wNI9atQGlz-VWfO6LRygH4QUfY_8W4RFwiT5i5WRgB0",
        ),
        ("\"cm9vdA==\"", "\"cm9vdA\""),
        (
            "\"messageSignature\"",
            "\"dsseEnvelope\": null, \"messageSignature\"",
        ),
        ("\"publicKey\"", "\"certificate\": null, \"publicKey\""),
        ("  }\n}\n", "  }\n} \r\n\t"),
    ] {
        let read = bundle::read(mutate(mutation).as_bytes());
        assert_eq!(read.expect(mutation.1), good);
    }
}

#[test]
fn unknown_and_repeated_members_are_refused_everywhere() {
    for mutation in [
        ("\"mediaType\"", "\"x\": 1, \"mediaType\""),
        ("\"mediaType\"", "\"[x]\": 1, \"mediaType\""),
        ("\"hint\"", "\"x\": 1, \"hint\""),
        ("\"logId\"", "\"x\": 1, \"logId\""),
        ("\"keyId\"", "\"x\": 1, \"keyId\""),
        ("\"kind\"", "\"x\": 1, \"kind\""),
        ("\"rootHash\"", "\"x\": 1, \"rootHash\""),
        ("\"envelope\"", "\"x\": 1, \"envelope\""),
        (
            "\"signedEntryTimestamp\"",
            "\"x\": 1, \"signedEntryTimestamp\"",
        ),
        ("\"signedTimestamp\"", "\"x\": 1, \"signedTimestamp\""),
        ("\"rfc3161Timestamps\"", "\"x\": 1, \"rfc3161Timestamps\""),
        ("\"algorithm\"", "\"x\": 1, \"algorithm\""),
        ("\"messageDigest\"", "\"x\": null, \"messageDigest\""),
        ("\"mediaType\"", "\"MediaType\": \"\", \"mediaType\""),
    ] {
        refused(mutation, "unknown field");
    }
    for mutation in [
        ("\"mediaType\"", "\"mediaType\": \"\", \"mediaType\""),
        ("\"mediaType\"", "\"media_type\": \"\", \"mediaType\""),
        ("\"mediaType\"", "\"mediaType\": null, \"mediaType\""),
        (
            "\"messageDigest\"",
            "\"message_digest\": null, \"messageDigest\"",
        ),
        ("\"signature\"", "\"signature\": \"c2ln\", \"signature\""),
        ("\"hint\"", "\"hint\": \"\", \"hint\""),
        ("\"tlogEntries\"", "\"tlog_entries\": [], \"tlogEntries\""),
        ("\"publicKey\"", "\"publicKey\": {}, \"publicKey\""),
    ] {
        refused(mutation, "duplicate field");
    }
}

#[test]
fn two_members_of_one_choice_are_refused() {
    refused(
        (
            "\"messageSignature\"",
            "\"dsseEnvelope\": {}, \"messageSignature\"",
        ),
        "both messageSignature and dsseEnvelope",
    );
    refused(
        (
            "\"publicKey\"",
            "\"certificate\": {\"rawBytes\": \"eA==\"}, \"publicKey\"",
        ),
        "publicKey and verificationMaterial.certificate",
    );
    refused(
        (
            "\"publicKey\"",
            "\"x509CertificateChain\": {}, \"publicKey\"",
        ),
        "publicKey and verificationMaterial.x509CertificateChain",
    );
    refused(
        (
            "\"publicKey\": {\"hint\": \"any text\"}",
            "\"x509CertificateChain\": {}, \"certificate\": {}",
        ),
        "certificate and verificationMaterial.x509CertificateChain",
    );
}

#[test]
fn absent_and_empty_members_are_refused() {
    for (mutation, name) in [
        (
            (
                "\"mediaType\": \"application/vnd.dev.sigstore.bundle.v0.3+json\",",
                "",
            ),
            "mediaType",
        ),
        (
            ("\"publicKey\": {\"hint\": \"any text\"},", ""),
            "publicKey",
        ),
        (
            (
                "\"publicKey\": {\"hint\": \"any text\"}",
                "\"publicKey\": null",
            ),
            "publicKey",
        ),
        (
            (
                "\"publicKey\": {\"hint\": \"any text\"}",
                "\"certificate\": {}",
            ),
            "certificate",
        ),
        (("c2lnbmF0dXJl", ""), "messageSignature.signature"),
        (
            (
                "\"logId\": {\"keyId\": \"wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=\"},",
                "",
            ),
            "logId",
        ),
        (
            (
                "\"kindVersion\": {\"kind\": \"hashedrekord\", \"version\": \"0.0.1\"},",
                "",
            ),
            "kindVersion",
        ),
        (("e30=", ""), "canonicalizedBody"),
        (
            ("\"signedEntryTimestamp\": \"c2V0\"", ""),
            "signedEntryTimestamp",
        ),
        (("log\\n9\\ncm9vdA==\\n", ""), "checkpoint"),
        (("dHNy", ""), "signedTimestamp"),
    ] {
        refused(mutation, "is missing or empty");
        refused(mutation, name);
    }
    let (head, _) = GOOD.split_once(",\n  \"messageSignature\"").unwrap();
    assert!(refusal(&format!("{head}}}")).contains("messageSignature is missing"));
    let (head, tail) = GOOD.split_once("  \"verificationMaterial\"").unwrap();
    let (_, tail) = tail.split_once("\n  },\n").unwrap();
    assert!(refusal(&format!("{head}{tail}")).contains("verificationMaterial is missing"));
}

#[test]
fn values_of_the_wrong_form_are_refused() {
    for (mutation, reason) in [
        (("\"7\"", "-1"), "not negative"),
        (("\"7\"", "\"-1\""), "not negative"),
        (("\"7\"", "\"07\""), "not negative"),
        (("\"7\"", "\" 7\""), "not negative"),
        (("\"7\"", "\"+7\""), "not negative"),
        (("\"7\"", "7.0"), "not negative"),
        (("\"7\"", "9223372036854775808"), "not negative"),
        (("\"7\"", "\"9223372036854775808\""), "not negative"),
        (("\"9\"", "\"-9\""), "not negative"),
        (("\"7\"", "[7]"), "not negative"),
        (("\"SHA2_256\"", "\"SHA3_256\""), "the algorithm is none of"),
        (("\"SHA2_256\"", "\"sha2_256\""), "the algorithm is none of"),
        (("\"SHA2_256\"", "4"), "the algorithm is none of"),
        (("\"SHA2_256\"", "-1"), "the algorithm is none of"),
        (("\"SHA2_256\"", "0"), "a digest without an algorithm"),
        (("\"SHA2_256\"", "\"SHA2_384\""), "length"),
        (
            ("vH2VlRE/3hzITiSJ9SPaYYTI8UF6Yu5djy8vmPbdOFQ=", ""),
            "length",
        ),
        (("c2lnbmF0dXJl", "c2lnbmF0dXJ!"), "not base64"),
        (("c2lnbmF0dXJl", "c2lnbmF0\\ndXJl"), "not base64"),
        (("c2lnbmF0dXJl", "c2lnbmF0dXJlZ"), "not base64"),
        (("e30=", "e31="), "not base64"),
        (("e30=", "e30=="), "not base64"),
        (("e30=", "+_0="), "not base64"),
        (("\"c2lnbmF0dXJl\"", "null"), "missing or empty"),
        (
            ("{\"hint\": \"any text\"}", "[\"any text\"]"),
            "expected an object",
        ),
        (("\"any text\"", "1"), "expected a string"),
        (("\"any text\"", "\"\\ud800\""), "hex escape"),
        (("[\"aGFzaA==\"]", "[null]"), "base64"),
        (
            ("[{\"signedTimestamp\": \"dHNy\"}]", "[null]"),
            "expected an object",
        ),
        (
            ("[{\"signedTimestamp\": \"dHNy\"}]", "{}"),
            "expected an array",
        ),
    ] {
        refused(mutation, reason);
    }
}

#[test]
fn media_types_and_their_rules() {
    for media_type in [
        "",
        "application/json",
        "application/vnd.dev.sigstore.bundle.v0.4+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.4",
        "application/vnd.dev.sigstore.bundle.v0.3.1+json",
        "application/vnd.dev.sigstore.bundle+json; version=0.3",
        "application/vnd.dev.sigstore.bundle.v0.3+jsonx",
        "Application/vnd.dev.sigstore.bundle.v0.3+json",
    ] {
        refused(
            ("application/vnd.dev.sigstore.bundle.v0.3+json", media_type),
            "is not supported",
        );
    }
    for spelling in [
        ".v0.1+json",
        "+json;version=0.1",
        ".v0.2+json",
        "+json;version=0.2",
    ] {
        let json = mutate((".v0.3+json", spelling));
        assert!(bundle::read(json.as_bytes()).unwrap().version < Version::V0_3);
    }
    let proof = GOOD
        .split_once("\"inclusionProof\"")
        .unwrap()
        .1
        .split_once("},\n")
        .unwrap()
        .0;
    let unproven = GOOD.replace(&format!("\"inclusionProof\"{proof}}},\n"), "");
    assert!(refusal(&unproven).contains("tlogEntries[0]: a bundle of version 0.2"));
    assert!(bundle::read(unproven.replace(".v0.3+json", ".v0.1+json").as_bytes()).is_ok());
    let unpromised = mutate((
        "\"inclusionPromise\": {\"signedEntryTimestamp\": \"c2V0\"},",
        "",
    ));
    assert!(bundle::read(unpromised.as_bytes()).is_ok());
    assert!(refusal(&unpromised.replace(".v0.3+json", ".v0.1+json")).contains("inclusionPromise"));
}

#[test]
fn a_certificate_chain_belongs_to_versions_before_0_3() {
    let chain = mutate((
        "\"publicKey\": {\"hint\": \"any text\"}",
        "\"x509CertificateChain\": {\"certificates\": [{\"rawBytes\": \"eA==\"}, {\"rawBytes\": \"eQ==\"}]}",
    ));
    assert!(refusal(&chain).contains("leaf certificate alone"));
    let older = bundle::read(chain.replace(".v0.3+json", ".v0.2+json").as_bytes()).unwrap();
    assert_eq!(
        older.signer,
        KeyMaterial::CertificateChain(vec![b"x".to_vec(), b"y".to_vec()])
    );
    for bad in ["{\"certificates\": []}", "{}", "{\"certificates\": [{}]}"] {
        let (head, tail) = chain.split_once("{\"certificates\"").unwrap();
        let (_, tail) = tail.split_once("]}").unwrap();
        let json = format!("{head}{bad}{tail}").replace(".v0.3+json", ".v0.2+json");
        assert!(refusal(&json).contains("is missing or empty"));
    }
}

#[test]
fn an_envelope_is_read_with_exactly_one_signature() {
    let (head, _) = GOOD.split_once("  \"messageSignature\"").unwrap();
    let with = |signatures: &str| {
        format!(
            "{head} \"dsseEnvelope\": {{\"payload\": \"e30=\", \"payloadType\": \"t\", \"signatures\": [{signatures}]}}}}"
        )
    };
    let one = r#"{"sig": "c2ln", "keyid": "k"}"#;
    let Content::Envelope(envelope) = bundle::read(with(one).as_bytes()).unwrap().content else {
        panic!("not an envelope");
    };
    assert_eq!(
        (envelope.payload.as_slice(), envelope.payload_type.as_str()),
        (&b"{}"[..], "t")
    );
    assert_eq!(
        (envelope.key_id.as_str(), envelope.signature.as_bytes()),
        ("k", &b"sig"[..])
    );
    assert!(refusal(&with("")).contains("exactly one signature"));
    assert!(refusal(&with(&format!("{one},{one}"))).contains("exactly one signature"));
    assert!(refusal(&with("{}")).contains("dsseEnvelope.signatures.sig is missing"));
}

#[test]
fn high_counts_and_repeats_are_refused() {
    let (head, tail) = GOOD.split_once("\"tlogEntries\": [").unwrap();
    let (entry, tail) = tail.split_once("],\n    \"timestampV").unwrap();
    let entries = |count: usize, distinct: bool| {
        let list: Vec<String> = (0..count)
            .map(|index| entry.replace("\"7\"", &format!("{}", if distinct { index } else { 0 })))
            .collect();
        format!(
            "{head}\"tlogEntries\": [{}],\n    \"timestampV{tail}",
            list.join(",")
        )
    };
    assert_eq!(
        bundle::read(entries(32, true).as_bytes())
            .unwrap()
            .log_entries
            .len(),
        32
    );
    assert!(refusal(&entries(33, true)).contains("at most 32 elements"));
    assert!(refusal(&entries(2, false)).contains("tlogEntries[1] repeats"));
    let timestamps = |count: u32, distinct: bool| {
        let list: Vec<String> = (0..count)
            .map(|index| {
                format!(
                    "{{\"signedTimestamp\": \"{:04}\"}}",
                    if distinct { index } else { 0 }
                )
            })
            .collect();
        mutate((
            "{\"signedTimestamp\": \"dHNy\"}",
            Box::leak(list.join(",").into_boxed_str()),
        ))
    };
    assert_eq!(
        bundle::read(timestamps(32, true).as_bytes())
            .unwrap()
            .timestamps
            .len(),
        32
    );
    assert!(refusal(&timestamps(33, true)).contains("at most 32 elements"));
    assert!(refusal(&timestamps(2, false)).contains("rfc3161Timestamps[1] repeats"));
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for json in [
        "",
        " ",
        "null",
        "[]",
        "\"\"",
        "1",
        "{",
        "{}{}",
        "{} x",
        "[{}]",
        "\u{feff}{}",
    ] {
        refusal(json);
    }
    for trailing in ["x", "{}", "\0", ","] {
        assert!(refusal(&format!("{GOOD}{trailing}")).contains("trailing characters"));
    }
    assert!(refusal(&"[".repeat(100_000)).contains("malformed"));
    refused(
        (
            "{\"hint\": \"any text\"}",
            "{\"hint\": [[[[[[[[[[[[]]]]]]]]]]]]}",
        ),
        "expected a string",
    );
    assert!(bundle::read(b"{\"mediaType\": \"\xff\"}").is_err());
    let padded = format!("{GOOD}{}", " ".repeat(bundle::MAX_LEN - GOOD.len()));
    assert!(bundle::read(padded.as_bytes()).is_ok());
    assert!(refusal(&format!("{padded} ")).contains("more than 16777216 bytes"));
}

#[test]
fn no_part_of_a_bundle_is_a_bundle() {
    let end = GOOD.rfind('}').unwrap();
    for length in 0..=end {
        let Some(part) = GOOD.get(..length) else {
            continue;
        };
        assert!(
            bundle::read(part.as_bytes()).is_err(),
            "the first {length} bytes"
        );
    }
}

#[test]
fn foreign_text_in_errors_is_short_and_printable() {
    let name = format!("\u{1b}[31m{}", "x".repeat(10_000));
    for json in [
        format!("{{{}: 1}}", serde_json::to_string(&name).unwrap()),
        format!(
            "{{\"mediaType\": {}}}",
            serde_json::to_string(&name).unwrap()
        ),
    ] {
        let text = refusal(&json);
        assert!(text.len() < 400, "{} bytes", text.len());
        assert!(
            text.chars()
                .all(|c| c == ' ' || c == '…' || c.is_ascii_graphic()),
            "{text}"
        );
    }
}
