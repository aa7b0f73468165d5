//! Buys a registry token from a token server: `GET` with an account or without, `POST` with an
//! identity token (docker's "Token Authentication" and its OAuth 2 variant).

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde::Deserialize;
use tokio::time::Instant;
use touchmark_core::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Authorization;
use super::challenge::Bearer;
use crate::credentials::Credential;
use crate::error::OciError;
use crate::exchange::Call;
use crate::registry::Operation;
use crate::transport::{Failure, Origin, Payload, Scheme, shown};

/// The longest answer in bytes.
const LIMIT: u64 = 256 * 1024;

/// What a token lives if the server does not say (docker's "Token Authentication").
const LIFETIME: u64 = 60;

/// A token that ends within this time is not used any more.
const MARGIN: u64 = 5;

/// Who we are to a token server.
const CLIENT: &str = "touchmark";

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: Option<SecretString>,
    #[serde(default)]
    access_token: Option<SecretString>,
    #[serde(default)]
    expires_in: Option<u64>,
}

struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    form: Bytes,
}

/// Buys a token for those scopes.
pub(super) async fn fetch(
    operation: &Operation,
    call: &Call<'_>,
    bearer: &Bearer,
    scopes: &[String],
    credential: &Credential,
) -> Result<Authorization, OciError> {
    check_realm(operation, call, bearer)?;
    let mut wanted = scopes.to_vec();
    if let Some(scope) = &bearer.scope
        && !wanted.contains(scope)
    {
        wanted.push(scope.clone());
    }
    let request = match credential {
        Credential::Identity(token) => by_identity(bearer, &wanted, token),
        _ => by_account(bearer, &wanted, credential)?,
    };
    let what = || format!("the token server {}", shown(&bearer.realm));
    let body = operation
        .budget
        .within(what, send(operation, request))
        .await??;
    // serde's message could repeat the token.
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| OciError::malformed(what(), "it answered with no token"))?;
    let token = [answer.token, answer.access_token].into_iter().flatten();
    let mut token = token.filter(|token| !token.expose_secret().is_empty());
    let token = token
        .next()
        .ok_or_else(|| OciError::malformed(what(), "it answered with no token"))?;
    let seconds = answer.expires_in.filter(|seconds| *seconds > 0);
    let seconds = seconds.unwrap_or(LIFETIME).min(24 * 3600);
    let expires = Instant::now() + Duration::from_secs(seconds.saturating_sub(MARGIN));
    Authorization::new("Bearer", token.expose_secret(), Some(expires))
}

/// A token server without TLS is for a registry without TLS only.
fn check_realm(operation: &Operation, call: &Call<'_>, bearer: &Bearer) -> Result<(), OciError> {
    let realm = Origin::of(&bearer.realm)?;
    let registry = operation.schemes().of(call.repository.registry());
    if registry == Scheme::Https && realm.scheme == Scheme::Http {
        return Err(OciError::Unsafe {
            host: call.repository.registry().into(),
            to: shown(&bearer.realm),
            why: "a token server without TLS",
        });
    }
    Ok(())
}

fn by_account(
    bearer: &Bearer,
    scopes: &[String],
    credential: &Credential,
) -> Result<Request, OciError> {
    let mut query = Serializer::new(String::new());
    if let Some(service) = &bearer.service {
        query.append_pair("service", service);
    }
    for scope in scopes {
        query.append_pair("scope", scope);
    }
    let mut headers = HeaderMap::new();
    if let Credential::Password { username, password } = credential {
        let basic = Authorization::basic(username, password)?;
        headers.insert(header::AUTHORIZATION, basic.value);
    }
    let separator = match bearer.realm.query() {
        Some(_) => '&',
        None => '?',
    };
    let text = format!("{}{separator}{}", bearer.realm, query.finish());
    let uri = text.parse().map_err(|error: http::uri::InvalidUri| {
        OciError::malformed(format!("the token server {}", shown(&bearer.realm)), error)
    })?;
    Ok(Request {
        method: Method::GET,
        uri,
        headers,
        form: Bytes::new(),
    })
}

fn by_identity(bearer: &Bearer, scopes: &[String], token: &SecretString) -> Request {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", token.expose_secret())
        .append_pair("client_id", CLIENT)
        .append_pair("scope", &scopes.join(" "));
    if let Some(service) = &bearer.service {
        form.append_pair("service", service);
    }
    let form = Zeroizing::new(form.finish());
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    Request {
        method: Method::POST,
        uri: bearer.realm.clone(),
        headers,
        form: Bytes::copy_from_slice(form.as_bytes()),
    }
}

/// Sends it once, and once more where the connection broke. A redirect is not followed: it would
/// take the account to another place than the registry named.
async fn send(operation: &Operation, request: Request) -> Result<Bytes, OciError> {
    let transport = operation.transport();
    let send = async || {
        let lane = transport.lane().await;
        let payload = Payload::Bytes(request.form.clone());
        let (method, headers) = (request.method.clone(), request.headers.clone());
        transport
            .send(lane, method, &request.uri, headers, payload)
            .await
    };
    let answer = match send().await {
        Err(Failure::Broken { .. }) => send().await,
        other => other,
    };
    let answer = answer.map_err(Failure::into_error)?;
    let host = shown(&request.uri);
    match answer.status {
        StatusCode::OK => {
            let what = format!("the answer of {host}");
            answer.read(&operation.budget, &what, LIMIT).await
        }
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(OciError::Denied {
            registry: host,
            status: status.as_u16(),
            message: String::new(),
        }),
        status => Err(OciError::Refused {
            request: format!("{} {host}", request.method),
            status: status.as_u16(),
            message: String::new(),
        }),
    }
}
