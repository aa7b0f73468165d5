//! Reads names of images, by the grammar of docker's "distribution/reference".
//!
//! oci-spec has a reader too, by a regular expression that takes longer to build than all of a
//! verification; a test compares the two.

use super::{Reference, Repository, parse_digest};

/// What Docker Hub is called in requests and, as cosign does, in signatures.
const DOCKER_HUB: &str = "index.docker.io";

/// Where Docker Hub keeps images that are named without an owner.
const OFFICIAL: &str = "library";

/// The longest name of a repository, in characters.
const NAME: usize = 255;

/// The longest tag, in characters.
const TAG: usize = 128;

pub(super) fn reference(text: &str) -> Result<Reference, &'static str> {
    if text.contains("://") {
        return Err("a reference has no scheme: leave out the part before the registry's name");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(parse_digest(digest)?)),
        None => (text, None),
    };
    let last = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, mut tag) = match rest[last..].split_once(':') {
        Some((before, tag)) => (&rest[..last + before.len()], Some(self::tag(tag)?)),
        None => (rest, None),
    };
    if tag.is_none() && digest.is_none() {
        tag = Some("latest");
    }
    Ok(Reference {
        repository: repository(name)?,
        tag: tag.map(Into::into),
        digest,
    })
}

fn tag(text: &str) -> Result<&str, &'static str> {
    let first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let other = |byte: u8| first(byte) || byte == b'.' || byte == b'-';
    let good = text.bytes().next().is_some_and(first) && text.bytes().all(other);
    if good && text.len() <= TAG {
        return Ok(text);
    }
    Err("a tag is up to 128 letters, digits, dots, dashes and underscores")
}

fn repository(text: &str) -> Result<Repository, &'static str> {
    if text.is_empty() {
        return Err("it must have at least one part");
    }
    let (registry, name) = match text.split_once('/') {
        Some((first, rest)) if is_registry(first) => (hub(first), rest.to_owned()),
        _ => (DOCKER_HUB, text.to_owned()),
    };
    check_registry(registry)?;
    let name = if registry == DOCKER_HUB && !name.contains('/') {
        format!("{OFFICIAL}/{name}")
    } else {
        name
    };
    check_name(&name)?;
    Ok(Repository {
        registry: registry.into(),
        name,
    })
}

/// The first part is a registry if it could not be an owner at Docker Hub.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn hub(registry: &str) -> &str {
    match registry {
        "docker.io" | "registry-1.docker.io" => DOCKER_HUB,
        other => other,
    }
}

fn check_registry(registry: &str) -> Result<(), &'static str> {
    let malformed = Err("the registry's name is malformed");
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (registry, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err() || !all_digits(port)) {
        return malformed;
    }
    if let Some(inside) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return match inside.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => malformed,
        };
    }
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let edges = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty() && edges && label.bytes().all(inner)
    };
    if host.split('.').all(label) {
        Ok(())
    } else {
        malformed
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.len() > NAME {
        return Err("a repository's name is at most 255 characters long");
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("repository names are lower case");
    }
    if name.split('/').all(is_component) {
        Ok(())
    } else {
        Err(
            "a repository's name is lower-case letters and digits, with dots, dashes, \
                      underscores and slashes between them",
        )
    }
}

/// Letters and digits with separators between them: one dot, one or two underscores, or dashes.
fn is_component(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separated =
        |part: &str| matches!(part, "." | "_" | "__") || part.bytes().all(|b| b == b'-');
    let mut rest = text;
    loop {
        let length = rest.bytes().take_while(|byte| plain(*byte)).count();
        if length == 0 {
            return false;
        }
        rest = &rest[length..];
        if rest.is_empty() {
            return true;
        }
        let separator = rest
            .bytes()
            .take_while(|byte| b"._-".contains(byte))
            .count();
        if separator == 0 || !separated(&rest[..separator]) {
            return false;
        }
        rest = &rest[separator..];
    }
}

#[cfg(test)]
mod tests {
    use crate::reference::{Reference, Repository};

    const HEX: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let digest = format!("@sha256:{HEX}");
        let cases = [
            ("alpine", "index.docker.io/library/alpine:latest".into()),
            ("a/b:1", "index.docker.io/a/b:1".into()),
            ("docker.io/a/b", "index.docker.io/a/b:latest".into()),
            ("localhost/a", "localhost/a:latest".into()),
            ("127.0.0.1:5000/a/b:v1", "127.0.0.1:5000/a/b:v1".into()),
            (
                &format!("r.example/a{digest}"),
                format!("r.example/a{digest}"),
            ),
            (
                &format!("r.example/a:t{digest}"),
                format!("r.example/a:t{digest}"),
            ),
        ];
        for (text, expected) in cases {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_digest_counts_more_than_a_tag() {
        let reference: Reference = format!("r.example/a:t@sha256:{HEX}").parse().unwrap();
        assert_eq!(reference.tag(), Some("t"));
        assert_eq!(reference.target().to_string(), format!("sha256:{HEX}"));
    }

    #[test]
    fn malformed_names_are_refused_with_a_reason() {
        let long = "a".repeat(300);
        let cases = [
            ("", "at least one"),
            ("https://r.example/a", "scheme"),
            ("r.example/A", "lower case"),
            ("r.example/a@sha256:12", "hex"),
            ("r.example/a:ta g", "tag"),
            ("r.example/a//b", "slashes"),
            ("-r.example/a", "registry"),
            ("r.example:x/a", "registry"),
            (&long, "255"),
            (
                &format!("r.example/a@sha256:{}", HEX.to_uppercase()),
                "lower",
            ),
            (&format!("r.example/a@sha384:{HEX}{}", &HEX[..32]), "sha512"),
        ];
        for (text, word) in cases {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_repository_is_no_image() {
        assert!("r.example/a/b".parse::<Repository>().is_ok());
        assert!("localhost:5000/a".parse::<Repository>().is_ok());
        assert!("r.example/a:a".parse::<Repository>().is_err());
        assert!(
            format!("r.example/a@sha256:{HEX}")
                .parse::<Repository>()
                .is_err()
        );
    }

    /// The reader of oci-spec, which oci-client uses, takes the same for the same.
    #[test]
    fn another_reader_agrees() {
        let (digest, long) = (format!("@sha256:{HEX}"), "t".repeat(128));
        let registries = [
            "",
            "r.example/",
            "localhost/",
            "127.0.0.1:5000/",
            "a-b.c/",
            "-a.b/",
            "a..b/",
        ];
        let names = [
            "a", "a/b", "a_b", "a__b", "a___b", "a.b", "a..b", "a--b", "a-", "A", "a/", "a//b",
        ];
        let tags = [
            "",
            ":t",
            ":T.1_-",
            ":-t",
            ":.t",
            ":",
            ":a b",
            &format!(":{long}"),
            &format!(":{long}t"),
        ];
        for registry in registries {
            for name in names {
                for tag in tags {
                    for digest in ["", digest.as_str(), "@sha256:12", "@"] {
                        agree(&format!("{registry}{name}{tag}{digest}"));
                    }
                }
            }
        }
    }

    fn agree(text: &str) {
        let ours = text.parse::<Reference>().ok();
        let theirs = oci_spec::distribution::Reference::try_from(text).ok();
        assert_eq!(ours.is_some(), theirs.is_some(), "{text}");
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            assert_eq!(
                ours.repository().registry(),
                theirs.resolve_registry(),
                "{text}"
            );
            assert_eq!(ours.repository().name(), theirs.repository(), "{text}");
            assert_eq!(ours.tag(), theirs.tag(), "{text}");
            assert_eq!(
                ours.digest().map(ToString::to_string).as_deref(),
                theirs.digest()
            );
        }
    }
}
