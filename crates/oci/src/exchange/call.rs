//! What is asked of a registry.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use crate::error::OciError;
use crate::reference::Repository;
use crate::transport::Scheme;

/// What a call does to its repository: what a token must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Pull,
    Push,
    Delete,
}

impl Access {
    /// A token's scope, as docker's token servers read it.
    pub(crate) fn scope(self, repository: &Repository) -> String {
        let actions = match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "delete,pull,push",
        };
        format!("repository:{}:{actions}", repository.name())
    }
}

/// Where a call goes.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A path below `/v2/NAME/`, with its query.
    Path(String),
    /// Where the registry led to: an upload, or the next page.
    Uri(Uri),
}

/// One request of the distribution API.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) repository: &'a Repository,
    pub(crate) place: Place,
    pub(crate) access: Access,
    /// Another repository of the same registry that a token must allow to read.
    pub(crate) also: Option<&'a Repository>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
    /// Whether doing it twice is the same as doing it once.
    pub(crate) repeatable: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, repository: &'a Repository, path: String) -> Self {
        let access = match method {
            Method::GET | Method::HEAD => Access::Pull,
            Method::DELETE => Access::Delete,
            _ => Access::Push,
        };
        Self {
            repeatable: method != Method::POST,
            method,
            repository,
            place: Place::Path(path),
            access,
            also: None,
            headers: HeaderMap::new(),
            payload: Bytes::new(),
        }
    }

    pub(crate) fn get(repository: &'a Repository, path: String) -> Self {
        Self::new(Method::GET, repository, path)
    }

    pub(crate) fn at(self, uri: Uri) -> Self {
        Self {
            place: Place::Uri(uri),
            ..self
        }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self, OciError> {
        let value = HeaderValue::try_from(value)
            .map_err(|error| OciError::malformed(format!("the header {name}"), error))?;
        self.headers.append(name, value);
        Ok(self)
    }

    pub(crate) fn body(self, content_type: &str, payload: Bytes) -> Result<Self, OciError> {
        let call = self.header(header::CONTENT_TYPE, content_type)?;
        Ok(Self { payload, ..call })
    }

    /// Where it goes, over that scheme.
    pub(crate) fn uri(&self, scheme: Scheme) -> Result<Uri, OciError> {
        let path = match &self.place {
            Place::Uri(uri) => return Ok(uri.clone()),
            Place::Path(path) => path,
        };
        let text = format!(
            "{}://{}/v2/{}/{path}",
            scheme.as_str(),
            self.repository.registry(),
            self.repository.name()
        );
        text.parse()
            .map_err(|error: http::uri::InvalidUri| OciError::malformed(text, error))
    }

    /// A token's scopes.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let own = self.access.scope(self.repository);
        let also = self.also.map(|other| Access::Pull.scope(other));
        [Some(own), also].into_iter().flatten().collect()
    }

    /// What is asked for, for people; a query may grant access and is left out.
    pub(crate) fn shown(&self) -> String {
        match &self.place {
            Place::Path(path) => {
                let path = path.split('?').next().unwrap_or(path);
                format!("{}/{path}", self.repository)
            }
            Place::Uri(uri) => crate::transport::shown(uri),
        }
    }
}
