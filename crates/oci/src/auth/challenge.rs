//! `WWW-Authenticate` (RFC 9110 §11.6.1).

use http::{HeaderMap, Uri, header};
use http_auth::ChallengeRef;

use crate::error::OciError;

/// What a registry wants.
#[derive(Clone, Debug)]
pub(super) enum Challenge {
    /// User name and password.
    Basic,
    /// A token.
    Bearer(Bearer),
}

/// Where a token is to be had.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    pub(super) realm: Uri,
    pub(super) service: Option<String>,
    /// What the registry itself thinks that the token must allow.
    pub(super) scope: Option<String>,
}

impl Challenge {
    /// The challenge that is answered: Bearer rather than Basic, as docker does.
    pub(super) fn read(headers: &HeaderMap, registry: &str) -> Result<Self, OciError> {
        let what = || format!("what {registry} asks for (WWW-Authenticate)");
        let mut basic = false;
        for value in headers.get_all(header::WWW_AUTHENTICATE) {
            let text = value
                .to_str()
                .map_err(|error| OciError::malformed(what(), error))?;
            let parsed = http_auth::parse_challenges(text)
                .map_err(|error| OciError::malformed(what(), error.to_string()))?;
            for challenge in &parsed {
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    return Ok(Self::Bearer(
                        bearer(challenge).map_err(|why| OciError::malformed(what(), why))?,
                    ));
                }
                basic |= challenge.scheme.eq_ignore_ascii_case("basic");
            }
        }
        if basic {
            return Ok(Self::Basic);
        }
        Err(OciError::malformed(what(), "neither Basic nor Bearer"))
    }
}

fn bearer(challenge: &ChallengeRef<'_>) -> Result<Bearer, &'static str> {
    let parameter = |name: &str| {
        let found = challenge.params.iter();
        let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_unescaped())
    };
    let realm = parameter("realm").ok_or("it names no token server")?;
    Ok(Bearer {
        realm: realm
            .parse()
            .map_err(|_| "the token server is no address")?,
        service: parameter("service"),
        scope: parameter("scope").filter(|scope| !scope.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<Challenge, OciError> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(header::WWW_AUTHENTICATE, value);
        }
        Challenge::read(&headers, "r.example")
    }

    #[test]
    fn bearer_is_preferred() {
        let bearer = r#"Bearer realm="https://t.example/token",service="r.example",scope="a b""#;
        let read = read(&[r#"Basic realm="x""#, bearer]).unwrap();
        let Challenge::Bearer(bearer) = read else {
            panic!("{read:?}")
        };
        assert_eq!(bearer.realm.to_string(), "https://t.example/token");
        assert_eq!(bearer.service.as_deref(), Some("r.example"));
        assert_eq!(bearer.scope.as_deref(), Some("a b"));
    }

    #[test]
    fn basic_is_known_and_the_rest_refused() {
        assert!(matches!(read(&["basic realm=x"]), Ok(Challenge::Basic)));
        for bad in [
            "Digest realm=x",
            "Bearer service=x",
            "Bearer realm=\"\"",
            "=,=",
        ] {
            assert!(read(&[bad]).is_err(), "{bad}");
        }
        assert!(read(&[]).is_err());
    }
}
