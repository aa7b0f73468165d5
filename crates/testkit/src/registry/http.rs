//! Plain calls of the distribution API, on an HTTP client that touchmark does not use.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Method, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Registry;
use super::image::digest_of;

/// No answer of a test is larger.
const MOST: u64 = 64 << 20;

/// Every kind of manifest.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// What a registry answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`, or nothing.
    pub media_type: String,
    /// The `Location`, or nothing.
    pub location: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Checks the status.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        let said = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{said}");
        self
    }

    /// The body, which must be JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON of a registry")
    }
}

/// The client of a registry: it trusts the registry's authority and may do everything.
fn agent(registry: &Registry) -> ureq::Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    if let Some(authority) = registry.authority() {
        let root = Certificate::from_der(authority.der()).to_owned();
        tls = tls.root_certs(RootCerts::new_with_certs(&[root]));
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .proxy(None)
        .tls_config(tls.build());
    config.build().into()
}

impl Registry {
    /// One request; `path` starts at `/v2/`, or is a whole URL of this registry.
    #[track_caller]
    pub fn call(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.url()),
            None => path.to_owned(),
        };
        let mut request = Request::builder().method(method).uri(&url);
        if !media_type.is_empty() {
            request = request.header("Content-Type", media_type);
        }
        if let Some(authorization) = self.authorization(path) {
            request = request.header("Authorization", authorization);
        }
        let request = request.header("Accept", MANIFESTS).body(body);
        let answer = agent(self).run(request.expect("a request"));
        read(answer.unwrap_or_else(|error| panic!("{url}: {error}")))
    }

    /// Pushes a blob and returns its digest.
    #[track_caller]
    pub fn push_blob(&self, repository: &str, blob: &[u8]) -> String {
        let digest = digest_of(blob);
        let uploads = format!("/v2/{repository}/blobs/uploads/");
        let begun = self
            .call(Method::POST, &uploads, "", Vec::new())
            .expect(202);
        let join = if begun.location.contains('?') {
            '&'
        } else {
            '?'
        };
        let upload = format!("{}{join}digest={digest}", begun.location);
        let octets = "application/octet-stream";
        let _ = self
            .call(Method::PUT, &upload, octets, blob.to_vec())
            .expect(201);
        digest
    }

    /// Pushes a manifest or an index under a tag or its own digest, and returns its digest.
    #[track_caller]
    pub fn push_manifest(&self, repository: &str, reference: &str, manifest: &Value) -> String {
        let body = serde_json::to_vec(manifest).expect("JSON");
        let media_type = manifest["mediaType"].as_str().expect("a mediaType");
        self.push_manifest_bytes(repository, reference, media_type, body)
    }

    /// The same of any bytes. An empty `reference` stands for the digest.
    #[track_caller]
    pub fn push_manifest_bytes(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> String {
        let digest = digest_of(&body);
        let reference = if reference.is_empty() {
            &digest
        } else {
            reference
        };
        let path = format!("/v2/{repository}/manifests/{reference}");
        let _ = self.call(Method::PUT, &path, media_type, body).expect(201);
        digest
    }

    /// The manifest under a tag or a digest; `None` where there is none.
    #[track_caller]
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<Answer> {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let answer = self.call(Method::GET, &path, "", Vec::new());
        (answer.status != 404).then(|| answer.expect(200))
    }

    /// The digest of what is under a tag; `None` where there is nothing.
    #[track_caller]
    pub fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        Some(digest_of(&self.manifest(repository, tag)?.body))
    }

    /// A blob.
    #[track_caller]
    pub fn blob(&self, repository: &str, digest: &str) -> Vec<u8> {
        let path = format!("/v2/{repository}/blobs/{digest}");
        self.call(Method::GET, &path, "", Vec::new())
            .expect(200)
            .body
    }

    /// All tags of a repository, sorted.
    #[track_caller]
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let path = format!("/v2/{repository}/tags/list");
        let list = self
            .call(Method::GET, &path, "", Vec::new())
            .expect(200)
            .json();
        let tags = list["tags"].as_array().into_iter().flatten();
        let mut tags: Vec<_> = tags
            .map(|tag| tag.as_str().expect("a tag").to_owned())
            .collect();
        tags.sort();
        tags
    }

    /// What refers to a manifest, as descriptors: of the referrers API, and of the fallback tag
    /// where the registry has no such API.
    #[track_caller]
    pub fn referrers(&self, repository: &str, digest: &str) -> Vec<Value> {
        let path = format!("/v2/{repository}/referrers/{digest}");
        let answer = self.call(Method::GET, &path, "", Vec::new());
        let index = match answer.status {
            200 => Some(answer),
            _ => self.manifest(repository, &digest.replace(':', "-")),
        };
        let index = index.map(|index| index.json()).unwrap_or_default();
        index["manifests"].as_array().cloned().unwrap_or_default()
    }
}

fn read(mut response: Response<ureq::Body>) -> Answer {
    let header = |name: &str| {
        let value = response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (media_type, location) = (header("Content-Type"), header("Location"));
    let body = response.body_mut().with_config().limit(MOST).read_to_vec();
    Answer {
        status: response.status().as_u16(),
        media_type,
        location,
        body: body.expect("a whole body"),
    }
}
