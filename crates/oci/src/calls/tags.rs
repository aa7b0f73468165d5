//! The tags of a repository.

use serde::Deserialize;

use super::pages;
use crate::error::OciError;
use crate::exchange::Call;
use crate::manifest::from_json;
use crate::reference::Repository;
use crate::registry::Operation;

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Operation {
    /// Lists the tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// [`OciError::NotFound`] where there is no such repository; [`OciError::TooMuch`] beyond
    /// [`crate::Limits::tags`]; otherwise what went wrong.
    pub async fn tags(&self, repository: &Repository) -> Result<Vec<String>, OciError> {
        let what = || format!("the list of the tags of {repository}");
        let limit = self.limits().tags;
        let mut call = Call::get(repository, "tags/list?n=1000".into());
        let mut found = Vec::new();
        for _ in 0..pages::PAGES {
            let reply = self.fetch(&call, self.limits().manifest_bytes).await?;
            let next = pages::next(self, &call, &reply)?;
            let body = reply
                .success(|| format!("the repository {repository}"))?
                .body;
            let list: List = from_json(&what(), &body)?;
            let tags = list.tags.unwrap_or_default();
            let empty = tags.is_empty();
            found.extend(tags);
            match next {
                Some(next) if !empty && found.len() <= limit => call = call.at(next),
                None if found.len() <= limit => return Ok(found),
                _ => break,
            }
        }
        Err(OciError::TooMuch {
            what: what(),
            limit: limit as u64,
        })
    }
}
