//! A token server (Docker's token authentication, as the distribution project specifies it) that
//! runs in the test, behind TLS.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::{Authority, USER, USER_PASSWORD};

/// The name of the registry in tokens (`aud`).
pub(super) const SERVICE: &str = "registry.touchmark.test";
/// The name of the server in tokens (`iss`).
pub(super) const ISSUER: &str = "tokens.touchmark.test";

/// One request for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The query, as it came: service and scopes.
    pub query: String,
    /// The `Authorization` header, or nothing.
    pub authorization: String,
}

/// A running token server.
#[derive(Debug)]
pub struct Tokens {
    address: SocketAddr,
    issuer: Arc<Issuer>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Debug)]
struct Issuer {
    key: EcdsaKeyPair,
    /// Self-signed: the registry is told to trust it.
    certificate: rcgen::Certificate,
}

impl Tokens {
    /// Starts a server whose TLS certificate is from an authority.
    pub(super) fn start(authority: &Authority) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let issuer = Arc::new(Issuer::new());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let config = authority.server_config();
        let (by, log) = (issuer.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, issuer, log) = (config.clone(), by.clone(), log.clone());
                std::thread::spawn(move || answer(stream, config, &issuer, &log));
            }
        });
        Self {
            address,
            issuer,
            asked,
        }
    }

    /// What was asked for since the start.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test thread panicked").clone()
    }

    /// Where tokens are to be had, as the registry tells its clients. By a name: cosign asks no
    /// address of a private network unless it is the registry's own.
    #[must_use]
    pub fn realm(&self) -> String {
        format!("https://localhost:{}/token", self.address.port())
    }

    /// The certificate whose tokens the registry accepts (PEM).
    pub(super) fn certificate(&self) -> String {
        self.issuer.certificate.pem()
    }

    /// A token for all actions in a repository.
    pub(super) fn for_everything(&self, repository: &str) -> String {
        let actions = ["pull", "push", "delete"];
        let access = json!([{
            "type": "repository", "name": repository, "actions": actions,
        }]);
        self.issuer.token(USER, &access)
    }
}

impl Issuer {
    fn new() -> Self {
        let pair = KeyPair::generate().expect("a P-256 key");
        let params = CertificateParams::new(vec![ISSUER.to_owned()]).expect("a name");
        let certificate = params.self_signed(&pair).expect("a certificate");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pair.serialize_der());
        Self {
            key: key.expect("the key"),
            certificate,
        }
    }

    /// A JSON Web Token (RFC 7519) of five minutes, by ES256 with the certificate in `x5c`.
    fn token(&self, user: &str, access: &Value) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.expect("after 1970").as_secs();
        let certificate = BASE64_STANDARD.encode(self.certificate.der());
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [certificate]});
        let claims = json!({
            "iss": ISSUER, "sub": user, "aud": SERVICE, "jti": "1", "access": access,
            "iat": now, "nbf": now - 60, "exp": now + 300,
        });
        let encode = |part: Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.expect("a signature");
        format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())
        )
    }
}

/// Serves one connection: one request, then it is closed. A client that breaks off gets nothing.
fn answer(stream: TcpStream, config: Arc<ServerConfig>, issuer: &Issuer, log: &Mutex<Vec<Asked>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let Ok(tls) = ServerConnection::new(config) else {
        return;
    };
    let mut stream = StreamOwned::new(tls, stream);
    let Some(head) = read_head(&mut stream) else {
        return;
    };
    let (status, body) = decide(&head, issuer, log);
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 64 << 10 {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// The user gets what is asked for, nobody gets a token that allows nothing, and a wrong password
/// gets none. Only `GET`: clients that try OAuth 2's `POST` first go on to it after a 404.
fn decide(head: &str, issuer: &Issuer, log: &Mutex<Vec<Asked>>) -> (&'static str, String) {
    let target = head
        .strip_prefix("GET ")
        .and_then(|rest| rest.split(' ').next());
    let Some(query) = target.and_then(|target| target.strip_prefix("/token?")) else {
        return ("404 Not Found", "{}".into());
    };
    let authorization = header(head, "authorization").to_owned();
    let asked = Asked {
        query: query.to_owned(),
        authorization: authorization.clone(),
    };
    log.lock().expect("no test thread panicked").push(asked);
    let right = BASE64_STANDARD.encode(format!("{USER}:{USER_PASSWORD}"));
    let (user, access) = match authorization.as_str() {
        "" => ("", json!([])),
        given if given == format!("Basic {right}") => (USER, granted(query)),
        _ => return ("401 Unauthorized", "{}".into()),
    };
    let token = issuer.token(user, &access);
    let body = json!({"token": token, "access_token": token, "expires_in": 300});
    ("200 OK", body.to_string())
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    values.next().map_or("", |(_, value)| value.trim())
}

/// `scope=repository:NAME:pull,push` of a query, as the `access` of a token.
fn granted(query: &str) -> Value {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let scopes = pairs
        .filter(|(name, _)| name == "scope")
        .map(|(_, value)| value);
    let scopes: Vec<_> = scopes.collect();
    let scopes = scopes.iter().flat_map(|scopes| scopes.split(' '));
    scopes
        .filter_map(|scope| {
            let (kind, rest) = scope.split_once(':')?;
            let (name, actions) = rest.rsplit_once(':')?;
            let actions: Vec<_> = actions.split(',').collect();
            Some(json!({"type": kind, "name": name, "actions": actions}))
        })
        .collect()
}
