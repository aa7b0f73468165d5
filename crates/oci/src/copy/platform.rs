//! Chooses the image of an index for one platform.

use std::fmt;
use std::str::FromStr;

use crate::error::OciError;
use crate::manifest::{Descriptor, Manifest};
use crate::transfer::Store;

/// An operating system, an architecture, and perhaps its variant: `linux/arm64/v8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl FromStr for Platform {
    type Err = OciError;

    fn from_str(text: &str) -> Result<Self, OciError> {
        let parts: Vec<_> = text.split('/').collect();
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(*variant)),
            _ => return Err(malformed(text)),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(malformed(text));
        }
        Ok(Self {
            os: (*os).into(),
            architecture: (*architecture).into(),
            variant: variant.map(Into::into),
        })
    }
}

fn malformed(text: &str) -> OciError {
    OciError::setup(format!("{text:?} is no platform such as linux/amd64"))
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl Platform {
    fn fits(&self, entry: &Descriptor) -> bool {
        let platform = entry.other.get("platform");
        let field = |name: &str| platform.and_then(|found| found.get(name)?.as_str());
        let variant = self.variant.as_deref();
        field("os") == Some(&*self.os)
            && field("architecture") == Some(&*self.architecture)
            && (variant.is_none() || field("variant") == variant)
    }
}

/// The one image of an index that is for a platform.
pub(super) async fn choose(
    store: &Store,
    named: Manifest,
    platform: &Platform,
) -> Result<Manifest, OciError> {
    if !named.is_index() {
        return Err(OciError::setup(format!(
            "{} is no index: it has no images to choose {platform} from",
            named.digest()
        )));
    }
    let index = named.index()?;
    let mut fitting = index.manifests.iter().filter(|entry| platform.fits(entry));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => store.manifest(only).await,
        (None, _) => Err(OciError::NotFound(format!("an image for {platform}"))),
        (Some(_), Some(_)) => Err(OciError::setup(format!(
            "several images are for {platform}: name its variant too"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn platforms_are_read_and_compared() {
        let mut entry = Descriptor::of("a/b", b"");
        let platform = json!({"os": "linux", "architecture": "arm", "variant": "v7"});
        entry.other.insert("platform".into(), platform);
        for (text, fits) in [
            ("linux/arm", true),
            ("linux/arm/v7", true),
            ("linux/arm/v6", false),
            ("linux/amd64", false),
            ("windows/arm", false),
        ] {
            let platform: Platform = text.parse().unwrap();
            assert_eq!(platform.fits(&entry), fits, "{text}");
            assert_eq!(platform.to_string(), text);
        }
        for bad in ["", "linux", "linux/", "/arm", "a/b/c/d"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
