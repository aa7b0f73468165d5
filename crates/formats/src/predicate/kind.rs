//! The types of predicates, by cosign's names and by their URIs.

use std::fmt;

use super::PredicateError;

/// What a predicate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PredicateType {
    /// cosign's own: any text, with the time of signing.
    Custom,
    /// SLSA provenance 0.2.
    SlsaProvenance02,
    /// SLSA provenance 1.
    SlsaProvenance1,
    /// SPDX as text in the tag-value form, a string in the statement.
    SpdxText,
    /// SPDX as JSON.
    SpdxJson,
    /// `CycloneDX` as JSON.
    CycloneDx,
    /// A link of in-toto 0.9: one step of a supply chain.
    Link,
    /// A vulnerability scan, in cosign's form.
    Vuln,
    /// `OpenVEX`.
    OpenVex,
    /// Any other JSON object.
    Other(String),
}

/// cosign's names, the first of each type being the usual one, and the types' URIs.
const NAMED: [(PredicateType, &str, &str); 10] = [
    (
        PredicateType::Custom,
        "custom",
        "https://cosign.sigstore.dev/attestation/v1",
    ),
    (
        PredicateType::SlsaProvenance02,
        "slsaprovenance",
        "https://slsa.dev/provenance/v0.2",
    ),
    (
        PredicateType::SlsaProvenance02,
        "slsaprovenance02",
        "https://slsa.dev/provenance/v0.2",
    ),
    (
        PredicateType::SlsaProvenance1,
        "slsaprovenance1",
        "https://slsa.dev/provenance/v1",
    ),
    // Before the text form, which has the same URI: the URI alone means JSON.
    (
        PredicateType::SpdxJson,
        "spdxjson",
        "https://spdx.dev/Document",
    ),
    (PredicateType::SpdxText, "spdx", "https://spdx.dev/Document"),
    (
        PredicateType::CycloneDx,
        "cyclonedx",
        "https://cyclonedx.org/bom",
    ),
    (PredicateType::Link, "link", "https://in-toto.io/Link/v1"),
    (
        PredicateType::Vuln,
        "vuln",
        "https://cosign.sigstore.dev/attestation/vuln/v1",
    ),
    (PredicateType::OpenVex, "openvex", "https://openvex.dev/ns"),
];

impl PredicateType {
    /// Reads what cosign's `--type` takes: one of its names, or a URI. The URI of a named type is
    /// that type.
    ///
    /// # Errors
    /// [`PredicateError::UnknownType`].
    pub fn parse(text: &str) -> Result<Self, PredicateError> {
        let named = NAMED
            .into_iter()
            .find(|(_, name, uri)| text == *name || text == *uri);
        match named {
            Some((kind, ..)) => Ok(kind),
            None if is_uri(text) => Ok(Self::Other(text.into())),
            None => Err(PredicateError::UnknownType(text.into())),
        }
    }

    /// The statement's `predicateType`.
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            _ => self.entry().map_or("", |(_, uri)| uri),
        }
    }

    /// cosign's name, or `predicate` for other types.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry().map_or("predicate", |(name, _)| name)
    }

    /// Every name that [`PredicateType::parse`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.into_iter().map(|(_, name, _)| name)
    }

    fn entry(&self) -> Option<(&'static str, &'static str)> {
        NAMED
            .into_iter()
            .find(|(kind, ..)| kind == self)
            .map(|(_, name, uri)| (name, uri))
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri())
    }
}

/// Whether text is an absolute URI with a path or an authority (RFC 3986 §4.3), without
/// characters that a URI cannot have: what cosign can name again when it verifies.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && rest.starts_with('/')
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_uri_is_read() {
        for (kind, name, uri) in NAMED {
            assert_eq!(PredicateType::parse(name).unwrap(), kind);
            assert_eq!(kind.uri(), uri);
        }
        assert_eq!(
            PredicateType::parse("https://spdx.dev/Document").unwrap(),
            PredicateType::SpdxJson
        );
        let other = PredicateType::parse("https://example.com/x?y#z").unwrap();
        assert_eq!(other.uri(), "https://example.com/x?y#z");
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in [
            "",
            "slsa",
            "SPDX",
            "/x",
            "urn:x",
            "1a://x",
            "https://a b",
            "https://\u{e9}",
        ] {
            assert!(PredicateType::parse(bad).is_err(), "{bad}");
        }
    }
}
