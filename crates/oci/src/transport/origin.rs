//! Where a request goes: scheme, host and port.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Uri};

use crate::error::OciError;

/// With or without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Scheme, host and port: what credentials and connections are for. A default port that is spelled
/// out, or another case, makes no other origin.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    authority: Authority,
    /// Lower case, without brackets.
    host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// The origin of an absolute URI of HTTP or HTTPS.
    pub(crate) fn of(uri: &Uri) -> Result<Self, OciError> {
        let malformed = |why| OciError::malformed(format!("the address {}", shown(uri)), why);
        let scheme = match uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            _ => return Err(malformed("it is neither HTTP nor HTTPS")),
        };
        let authority = uri.authority().ok_or_else(|| malformed("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(malformed("it has a user name in it"));
        }
        let default = match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        let host = authority.host().trim_matches(['[', ']']);
        Ok(Self {
            scheme,
            authority: authority.clone(),
            host: host.to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(default),
        })
    }

    /// The host without brackets, lower case.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What `Host` says: the host, and the port unless it is the scheme's own.
    pub(crate) fn host_header(&self) -> HeaderValue {
        HeaderValue::try_from(self.authority.as_str())
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Host and port, for `CONNECT`.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.authority.host(), self.port)
    }

    pub(crate) fn uri(&self) -> Result<Uri, OciError> {
        let text = format!("{}://{}/", self.scheme.as_str(), self.authority);
        text.parse()
            .map_err(|error: http::uri::InvalidUri| OciError::malformed(text, error))
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        (self.scheme, self.port, &self.host) == (other.scheme, other.port, &other.host)
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.scheme, self.port, &self.host).hash(state);
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)
    }
}

/// Whether a host, with or without a port, is this machine itself.
pub(crate) fn is_loopback(host_and_port: &str) -> bool {
    let Ok(authority) = host_and_port.parse::<Authority>() else {
        return false;
    };
    let host = authority
        .host()
        .trim_matches(['[', ']'])
        .to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The path and query alone.
pub(super) fn path_only(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
}

/// A URI for people: without its query, which may hold a signature that grants access.
pub(crate) fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://"));
    let host = uri.authority().map(Authority::host);
    let port = uri.port().map(|port| format!(":{port}"));
    [scheme.as_deref(), host, port.as_deref(), Some(uri.path())]
        .into_iter()
        .flatten()
        .collect()
}

/// What a `Location` or `Link` means, seen from the URI that was asked (RFC 3986 §5.2): absolute,
/// or a path from the root, which is all that registries write.
pub(crate) fn join(base: &Uri, location: &str) -> Result<Uri, OciError> {
    let malformed = |why: &str| {
        let what = format!("an address that {} leads to", shown(base));
        OciError::malformed(what, why.to_owned())
    };
    let relative = location.starts_with('/') && !location.starts_with("//");
    let parsed: Result<Uri, _> = match (relative, base.scheme_str(), base.authority()) {
        (true, Some(scheme), Some(authority)) => {
            format!("{scheme}://{authority}{location}").parse()
        }
        _ => location.parse(),
    };
    let uri = parsed.map_err(|_| malformed("it is no address"))?;
    match uri.scheme().and(uri.authority()) {
        Some(_) => Ok(uri),
        None => Err(malformed("it is neither absolute nor a path")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_joined() {
        let base: Uri = "http://r.example:5000/v2/a/blobs/uploads/?x=y"
            .parse()
            .unwrap();
        let good = [
            ("/v2/b?c=d", "http://r.example:5000/v2/b?c=d"),
            ("https://s.example/b", "https://s.example/b"),
        ];
        for (location, expected) in good {
            assert_eq!(join(&base, location).unwrap().to_string(), expected);
        }
        for location in ["", "b", "//s.example/b", "?a=b", "http://", "a b"] {
            assert!(join(&base, location).is_err(), "{location}");
        }
    }

    #[test]
    fn loopback_hosts_are_known() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "127.0.0.1.example:80",
            "localhost.example",
            "10.0.0.1",
            "r.local",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let of = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(of("https://R.example/a").unwrap().host(), "r.example");
        assert_eq!(of("https://r.example/a").unwrap().port, 443);
        assert_eq!(of("http://[::1]:5/a").unwrap().host(), "::1");
        assert_eq!(
            of("https://r.example/").unwrap(),
            of("https://R.example:443/a").unwrap()
        );
        assert_ne!(
            of("https://r.example/").unwrap(),
            of("http://r.example:443/a").unwrap()
        );
        assert!(of("https://user:pw@r.example/a").is_err());
        assert!(of("ftp://r.example/a").is_err());
    }

    #[test]
    fn queries_are_not_shown() {
        let uri: Uri = "https://r.example:1/a/b?token=secret".parse().unwrap();
        assert_eq!(shown(&uri), "https://r.example:1/a/b");
    }
}
