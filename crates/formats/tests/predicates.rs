//! Predicates are checked before they are signed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use touchmark_core::{ErrorKind, Explain};
use touchmark_formats::predicate::{self, Predicate, PredicateError, PredicateType};

const NOW: OffsetDateTime = datetime!(2026-01-31 13:14:15.5 +01:00);

fn prepare(kind: &str, file: &[u8]) -> Result<Predicate, PredicateError> {
    predicate::prepare(&PredicateType::parse(kind).unwrap(), file, NOW)
}

/// The smallest predicate of each type.
fn smallest(kind: &str) -> Value {
    match kind {
        "slsaprovenance" => json!({"builder": {"id": "b"}, "buildType": "t"}),
        "slsaprovenance1" => json!({
            "buildDefinition": {"buildType": "t", "externalParameters": {}},
            "runDetails": {"builder": {"id": "b"}},
        }),
        "spdxjson" => json!({
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0",
            "name": "n", "documentNamespace": "https://example.com/n",
            "creationInfo": {"created": "2026-01-31T12:00:00Z", "creators": ["Tool: t"]},
        }),
        "cyclonedx" => json!({"bomFormat": "CycloneDX", "specVersion": "1.6"}),
        "link" => json!({
            "_type": "link", "name": "n", "materials": {}, "products": {"a": {"sha256": "00"}},
            "byproducts": {}, "command": ["make"], "environment": null,
        }),
        "vuln" => json!({
            "scanner": {"result": null},
            "metadata": {
                "scanStartedOn": "2026-01-31T12:00:00Z",
                "scanFinishedOn": "2026-01-31T12:00:00.5+01:00",
            },
        }),
        "openvex" => json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex",
            "author": "a", "timestamp": "2026-01-31T12:00:00Z", "version": 1,
            "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "status": "fixed"}],
        }),
        _ => json!({}),
    }
}

const OBJECTS: [&str; 7] = [
    "slsaprovenance",
    "slsaprovenance1",
    "spdxjson",
    "cyclonedx",
    "link",
    "vuln",
    "openvex",
];

#[test]
fn the_smallest_of_each_type_is_taken_as_it_is() {
    for kind in OBJECTS {
        let file = format!("\n {:#} \n", smallest(kind));
        let predicate = prepare(kind, file.as_bytes()).unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert_eq!(predicate.as_json(), file.trim());
        let uri = PredicateType::parse(kind).unwrap().uri().to_owned();
        assert!(prepare(&uri, file.as_bytes()).is_ok(), "{uri}");
    }
    assert!(prepare("https://example.com/own", b"{}").is_ok());
}

#[test]
fn without_any_member_of_the_smallest_there_is_no_predicate() {
    for kind in OBJECTS {
        let whole = smallest(kind);
        for name in whole.as_object().unwrap().keys() {
            if (kind, name.as_str()) == ("openvex", "version") {
                continue;
            }
            let mut less = whole.clone();
            less.as_object_mut().unwrap().remove(name);
            let error = prepare(kind, less.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(error.hint().is_some());
            assert!(
                report(&error).contains(&name.replace("@context", "")),
                "{kind} {name}"
            );
        }
    }
}

/// An error with its causes.
fn report(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", report(source)),
        None => error.to_string(),
    }
}

/// Puts a value into the smallest predicate, and checks what is said about it.
fn blamed(kind: &str, at: &str, value: &Value, place: &str) {
    let mut document = smallest(kind);
    let (parent, name) = at.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value.clone(),
        parent => parent[name] = value.clone(),
    }
    let error = prepare(kind, document.to_string().as_bytes()).unwrap_err();
    assert!(report(&error).contains(place), "{}", report(&error));
}

#[test]
fn an_error_in_provenance_names_the_place() {
    for (kind, at, value, place) in [
        (
            "slsaprovenance",
            "/builder",
            json!({"id": ""}),
            "at builder.id: it is empty",
        ),
        (
            "slsaprovenance",
            "/builder",
            json!(["b"]),
            "at builder: invalid type: sequence",
        ),
        (
            "slsaprovenance",
            "/materials",
            json!([{}, {"digest": 1}]),
            "at materials[1].digest",
        ),
        (
            "slsaprovenance",
            "/metadata",
            json!({"buildStartedOn": "now"}),
            "at metadata.buildStartedOn: it is no RFC 3339 time",
        ),
        (
            "slsaprovenance1",
            "/runDetails/builder/version",
            json!([]),
            "at runDetails.builder.version",
        ),
        (
            "slsaprovenance1",
            "/buildDefinition/resolvedDependencies",
            json!([{"name": "x"}]),
            "at buildDefinition.resolvedDependencies[0]: it needs one of uri, digest and content",
        ),
    ] {
        blamed(kind, at, &value, place);
    }
}

#[test]
fn an_error_in_a_bill_or_a_scan_names_the_place() {
    for (kind, at, value, place) in [
        (
            "spdxjson",
            "/spdxVersion",
            json!("SPDX-3.0"),
            "at spdxVersion: it is not SPDX-2.x",
        ),
        (
            "spdxjson",
            "/packages",
            json!([{"name": "x"}]),
            "at packages[0]: missing field `SPDXID`",
        ),
        (
            "cyclonedx",
            "/bomFormat",
            json!("SPDX"),
            "at bomFormat: unknown variant `SPDX`",
        ),
        (
            "cyclonedx",
            "/components",
            json!([{"name": "x"}]),
            "at components[0]: missing field `type`",
        ),
        (
            "link",
            "/_type",
            json!("layout"),
            "at _type: unknown variant",
        ),
        (
            "link",
            "/materials",
            json!({"a": ["x"]}),
            "at materials.a: invalid type",
        ),
        (
            "vuln",
            "/metadata/scanStartedOn",
            json!(""),
            "at metadata.scanStartedOn",
        ),
    ] {
        blamed(kind, at, &value, place);
    }
}

#[test]
fn an_error_in_a_vex_document_names_the_place() {
    for (kind, at, value, place) in [
        (
            "openvex",
            "/statements/0/status",
            json!("unknown"),
            "at statements[0].status: unknown variant",
        ),
        (
            "openvex",
            "/statements/0/status",
            json!("not_affected"),
            "at statements[0]: not_affected needs a justification or an impact_statement",
        ),
        (
            "openvex",
            "/statements/0/status",
            json!("affected"),
            "at statements[0]: affected needs an action_statement",
        ),
        (
            "openvex",
            "/statements/0/vulnerability",
            json!({}),
            "neither a name nor an object",
        ),
        (
            "openvex",
            "/@context",
            json!("https://example.com"),
            "at @context: it is not",
        ),
    ] {
        blamed(kind, at, &value, place);
    }
}

#[test]
fn what_is_no_sound_object_is_refused() {
    for kind in OBJECTS.into_iter().chain(["https://example.com/own"]) {
        for bad in [
            &b""[..],
            b"null",
            b"[]",
            b"\"text\"",
            b"{",
            b"{}{}",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":{\"b\":1,\"\\u0062\":2}}",
            b"{\"a\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
        ] {
            assert!(prepare(kind, bad).is_err(), "{kind} {bad:?}");
        }
    }
    for (levels, good) in [(125, true), (126, false)] {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(
            prepare("https://example.com/own", deep.as_bytes()).is_ok(),
            good
        );
    }
    let large = vec![b' '; predicate::MAX_LEN + 1];
    assert!(matches!(
        prepare("custom", &large),
        Err(PredicateError::TooLarge { .. })
    ));
}

#[test]
fn text_becomes_a_string_and_custom_text_is_wrapped() {
    let text = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n# <&>\n";
    let predicate = prepare("spdx", text.as_bytes()).unwrap();
    assert!(predicate.is_text());
    assert_eq!(
        predicate.as_json(),
        r#""SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n# \u003c\u0026\u003e\n""#
    );
    assert!(matches!(
        prepare("spdx", b"hello"),
        Err(PredicateError::NotTagValue)
    ));
    // A JSON document under the text form's name stays an object.
    let document = smallest("spdxjson").to_string();
    assert_eq!(
        prepare("spdx", document.as_bytes()).unwrap().as_json(),
        document
    );
    assert!(prepare("spdx", b"{}").is_err());

    let custom = prepare("custom", b"a \"b\"\n").unwrap();
    assert!(!custom.is_text());
    assert_eq!(
        custom.as_json(),
        r#"{"Data":"a \"b\"\n","Timestamp":"2026-01-31T12:14:15Z"}"#
    );
    assert!(matches!(
        prepare("custom", b"\xff"),
        Err(PredicateError::NotText { .. })
    ));
}

#[test]
fn spdx_3_is_a_graph() {
    let context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
    let graph = json!({"@context": context, "@graph": [{"type": "SpdxDocument"}]});
    assert!(prepare("spdxjson", graph.to_string().as_bytes()).is_ok());
    let none = json!({"@context": context});
    let error = prepare("spdxjson", none.to_string().as_bytes()).unwrap_err();
    assert!(report(&error).contains("missing field `@graph`"));
}

#[test]
fn an_unknown_type_is_answered_with_the_known_ones() {
    let error = PredicateType::parse("slsa").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    let hint = error.hint().unwrap();
    for name in PredicateType::names() {
        assert!(hint.contains(name), "{name}");
    }
}

#[test]
fn no_file_cut_short_is_a_predicate() {
    for kind in OBJECTS {
        let file = smallest(kind).to_string();
        for length in 0..file.len() {
            assert!(
                prepare(kind, &file.as_bytes()[..length]).is_err(),
                "{kind} {length}"
            );
        }
    }
}
