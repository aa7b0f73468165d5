//! An answer that was read.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;

use super::call::Call;
use crate::error::OciError;

/// The longest explanation that is repeated, in characters.
const EXPLANATION: usize = 300;

/// An answer that was read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    request: String,
    registry: String,
}

impl Reply {
    pub(super) fn new(
        call: &Call<'_>,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Self {
            status,
            headers,
            body,
            request: format!("{} {}", call.method, call.shown()),
            registry: call.repository.registry().into(),
        }
    }

    /// A header's text, if it is there and plain.
    pub(crate) fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        self.headers.get(name.into())?.to_str().ok()
    }

    /// The answer, if it is a success.
    pub(crate) fn success(self, what: impl FnOnce() -> String) -> Result<Self, OciError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(self.into_error(what))
    }

    /// Why it is no success. `what` names the thing that was asked for.
    pub(crate) fn into_error(self, what: impl FnOnce() -> String) -> OciError {
        let message = explanation(&self.body);
        let status = self.status.as_u16();
        match status {
            404 => OciError::NotFound(what()),
            401 | 403 => OciError::Denied {
                registry: self.registry,
                status,
                message,
            },
            _ => OciError::Refused {
                request: self.request,
                status,
                message,
            },
        }
    }

    /// The registry asks to wait for longer than there is time.
    pub(super) fn must_wait(self, call: &Call<'_>, wait: Duration) -> OciError {
        let mut error = self.into_error(|| call.shown());
        if let OciError::Refused { message, .. } = &mut error {
            let asked = format!("; it may be tried again in {} s", wait.as_secs().max(1));
            message.push_str(&asked);
        }
        error
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<RegistryError>,
}

#[derive(Deserialize)]
struct RegistryError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// The registry's own words (OCI distribution specification, "Error Codes"), cleaned, with a
/// colon before them; or nothing.
fn explanation(body: &[u8]) -> String {
    let Ok(parsed) = serde_json::from_slice::<Errors>(body) else {
        return String::new();
    };
    let words: Vec<_> = parsed
        .errors
        .into_iter()
        .take(3)
        .map(|error| match (error.code, error.message) {
            (Some(code), Some(message)) if !message.is_empty() => format!("{code}: {message}"),
            (code, message) => code.or(message).unwrap_or_default(),
        })
        .collect();
    let clean: String = words
        .join("; ")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(EXPLANATION)
        .collect();
    if clean.is_empty() {
        return clean;
    }
    format!(": {clean}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_words_are_repeated_clean_and_short() {
        let body = br#"{"errors":[{"code":"DENIED","message":"no\u001b[31m way"},{"code":"X"}]}"#;
        assert_eq!(explanation(body), ": DENIED: no[31m way; X");
        let long = format!(r#"{{"errors":[{{"message":"{}"}}]}}"#, "x".repeat(5000));
        assert_eq!(explanation(long.as_bytes()).len(), EXPLANATION + 2);
        for other in [&b"<html>"[..], b"", b"{}", br#"{"errors":[]}"#] {
            assert_eq!(explanation(other), "");
        }
    }
}
