//! Signatures that a registry shows where they do not belong, or not as they were made.

use serde_json::Value;

use super::{Image, Registry};

/// The tags under which cosign keeps what is not a bundle.
const SUFFIXES: [&str; 2] = ["sig", "att"];
/// Where a layer has its signature; empty for an attestation, which has it inside.
const SIGNATURE: &str = "/annotations/dev.cosignproject.cosign~1signature";

impl Registry {
    /// Shows everything that was signed of one image as if it were of another in the same
    /// repository. All signatures are genuine; only they are about `from`.
    #[track_caller]
    pub fn transplant(&self, from: &Image, to: &Image) {
        assert_eq!(from.name, to.name, "blobs are kept by repository");
        for suffix in SUFFIXES {
            if let Some(manifest) = self.manifest(&from.name, &from.tag_for(suffix)) {
                let (tag, body) = (to.tag_for(suffix), manifest.body);
                self.push_manifest_bytes(&to.name, &tag, &manifest.media_type, body);
            }
        }
        let moved: Vec<_> = self
            .referring(from)
            .into_iter()
            .map(|mut manifest| {
                manifest["subject"] = to.descriptor();
                self.push(&to.name, "", &manifest)
            })
            .collect();
        self.list(to, &moved);
    }

    /// Changes the bytes of every signature of an image, where they are kept. What each claims to
    /// be about stays as it was.
    #[track_caller]
    pub fn spoil(&self, image: &Image) {
        for suffix in SUFFIXES {
            if let Some(found) = self.manifest(&image.name, &image.tag_for(suffix)) {
                let manifest = self.spoiled_layers(image, found.json());
                self.push_manifest(&image.name, &image.tag_for(suffix), &manifest);
            }
        }
        let spoiled: Vec<_> = self
            .referring(image)
            .into_iter()
            .map(|manifest| {
                self.remove(image, &manifest);
                let manifest = self.spoiled_layers(image, manifest);
                self.push(&image.name, "", &manifest)
            })
            .collect();
        self.list(image, &spoiled);
    }

    fn list(&self, subject: &Image, referrers: &[Image]) {
        if !referrers.is_empty() && !self.has_referrers() {
            self.push_fallback(subject, referrers);
        }
    }

    fn remove(&self, image: &Image, manifest: &Value) {
        let descriptors = self.referrers(&image.name, &image.digest);
        for descriptor in descriptors {
            let digest = descriptor["digest"].as_str().expect("a digest");
            let same = self.manifest(&image.name, digest).map(|found| found.json());
            if same.as_ref() == Some(manifest) && self.has_referrers() {
                let path = format!("/v2/{}/manifests/{digest}", image.name);
                let _ = self
                    .call(ureq::http::Method::DELETE, &path, "", Vec::new())
                    .expect(202);
            }
        }
    }

    /// A manifest with other signatures: in the annotations of its layers, and in its blobs.
    fn spoiled_layers(&self, image: &Image, mut manifest: Value) -> Value {
        for layer in manifest["layers"].as_array_mut().expect("layers") {
            if let Some(signature) = layer.pointer_mut(SIGNATURE)
                && signature != ""
            {
                spoil_text(signature);
                continue;
            }
            let media_type = layer["mediaType"].as_str().expect("a mediaType").to_owned();
            let digest = layer["digest"].as_str().expect("a digest");
            let blob: Value = serde_json::from_slice(&self.blob(&image.name, digest))
                .expect("a bundle or an envelope");
            let blob = serde_json::to_vec(&spoiled_json(blob)).expect("JSON");
            let described = self.descriptor(&image.name, &media_type, &blob);
            layer["digest"] = described["digest"].clone();
            layer["size"] = described["size"].clone();
        }
        manifest
    }
}

/// A bundle or a DSSE envelope with another signature.
fn spoiled_json(mut document: Value) -> Value {
    let envelope = match document.get("dsseEnvelope") {
        Some(_) => &mut document["dsseEnvelope"],
        None => &mut document,
    };
    spoil_text(&mut envelope["signatures"][0]["sig"]);
    document
}

/// Changes one bit in the middle of base64 text: DER stays DER, the number is another.
fn spoil_text(text: &mut Value) {
    let mut chars: Vec<char> = text.as_str().expect("base64").chars().collect();
    let middle = chars.len() / 2;
    chars[middle] = if chars[middle] == 'A' { 'B' } else { 'A' };
    *text = Value::String(chars.into_iter().collect());
}
