//! Lists that come in pages (`Link`, RFC 8288, as the distribution specification uses it).

use http::{Uri, header};

use crate::error::OciError;
use crate::exchange::{Call, Reply};
use crate::registry::Operation;
use crate::transport::join;

/// How many pages of one list are read: more is no list but a trap.
pub(super) const PAGES: usize = 1000;

/// Where the next page is, if the answer names one.
pub(super) fn next(
    operation: &Operation,
    call: &Call<'_>,
    reply: &Reply,
) -> Result<Option<Uri>, OciError> {
    let Some(link) = reply.header(header::LINK).and_then(target) else {
        return Ok(None);
    };
    let base = call.uri(operation.schemes().of(call.repository.registry()))?;
    join(&base, link).map(Some)
}

/// `<URI>; rel="next"`.
fn target(link: &str) -> Option<&str> {
    let (uri, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let mut parameters = parameters.split([';', ',']).map(str::trim);
    let is_next = |parameter: &str| {
        let value = parameter.strip_prefix("rel=");
        value.is_some_and(|value| value.trim_matches('"').eq_ignore_ascii_case("next"))
    };
    parameters.any(is_next).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        assert_eq!(
            target(r#"</v2/a?last=b>; rel="next""#),
            Some("/v2/a?last=b")
        );
        assert_eq!(target("<x>;rel=next"), Some("x"));
        for other in [
            "",
            "<x>",
            "x; rel=next",
            r#"<x>; rel="prev""#,
            "<x; rel=next",
        ] {
            assert_eq!(target(other), None, "{other}");
        }
    }
}
