//! The plugin side: cosign, or any other host, calls us for a key of ours.
//!
//! One call is one JSON text and, for signing and verifying, a message on standard input. The
//! answer is always one JSON object: whatever goes wrong, `errorMessage` says it.

mod backend;
mod error;
mod input;

use std::ffi::OsString;
use std::io::Read;

use touchmark_core::{CheckedSigner, Explain, Fault, KeyAlgorithm, PublicKey, Signature};

pub use backend::PluginBackend;
pub use error::ServeError;
use input::Plan;

use crate::deadline;
use crate::wire::{
    self, Algorithm, Algorithms, Empty, Method, PROTOCOL_VERSION, PublicKeyPem, Request, Response,
    SignOptions, SignatureBytes, VerifySignature,
};

/// Answers the call whose arguments (without the program's name) are given: `v1` and the JSON.
/// Returns what to print on standard output, without a final newline; the exit status is 0.
pub async fn serve_arguments(
    arguments: impl IntoIterator<Item = OsString>,
    stdin: impl Read,
    backend: &dyn PluginBackend,
) -> String {
    match request_of(arguments) {
        Ok(request) => serve(&request, stdin, backend).await,
        Err(error) => refuse(&error),
    }
}

/// Answers one call: reads the request, does it, and returns the response as JSON.
///
/// Standard input is read to its end, and only where the message is signed or verified itself:
/// where the request has its digest, that is used.
pub async fn serve(request: &str, stdin: impl Read, backend: &dyn PluginBackend) -> String {
    match answer(request, stdin, backend).await {
        Ok(response) => response.to_json(),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &ServeError) -> String {
    Response::error(&error.message()).to_json()
}

fn request_of(arguments: impl IntoIterator<Item = OsString>) -> Result<String, ServeError> {
    let mut arguments = arguments.into_iter().map(OsString::into_string);
    let version = arguments.next();
    let request = arguments.next();
    match (version, request, arguments.next()) {
        (Some(Ok(version)), Some(Ok(request)), None) => {
            check_version(&version)?;
            Ok(request)
        }
        _ => Err(ServeError::Arguments),
    }
}

fn check_version(version: &str) -> Result<(), ServeError> {
    if version == PROTOCOL_VERSION {
        return Ok(());
    }
    Err(ServeError::Version(version.chars().take(64).collect()))
}

async fn answer(
    request: &str,
    stdin: impl Read,
    backend: &dyn PluginBackend,
) -> Result<Response, ServeError> {
    let request = wire::parse_request(request.as_bytes())?;
    check_version(&request.init.protocol_version)?;
    if let Some(version) = request.key_version() {
        return Err(ServeError::KeyVersion(version.chars().take(64).collect()));
    }
    let deadline = request.deadline();
    let stdin = input::Timed::new(stdin, deadline);
    deadline::within(deadline, call(&request, stdin, backend))
        .await
        .map_err(|_| ServeError::Deadline)?
}

async fn call(
    request: &Request,
    stdin: input::Timed<impl Read>,
    backend: &dyn PluginBackend,
) -> Result<Response, ServeError> {
    let key = request.init.key_resource_id.as_str();
    let mut response = Response::default();
    match &request.method {
        Method::DefaultAlgorithm => response.default_algorithm = Some(default_algorithm()),
        Method::SupportedAlgorithms => response.supported_algorithms = Some(algorithms()),
        Method::CreateKey(wanted) => {
            response.create_key = Some(create(key, &wanted.algorithm, backend).await?);
        }
        Method::PublicKey(_) => {
            let public_key = backend.public_key(key).await;
            response.public_key = Some(to_pem(&public_key.map_err(ServeError::Backend)?));
        }
        Method::SignMessage(options) => {
            let plan = Plan::new(options, request.init.hash_func);
            response.sign_message = Some(sign(key, &plan, stdin, backend).await?);
        }
        Method::VerifySignature(wanted) => {
            verify(key, wanted, request.init.hash_func, stdin, backend).await?;
            response.verify_signature = Some(Empty {});
        }
    }
    Ok(response)
}

fn default_algorithm() -> Algorithm {
    Algorithm {
        default_algorithm: KeyAlgorithm::default().name(),
    }
}

fn algorithms() -> Algorithms {
    Algorithms {
        supported_algorithms: Some(KeyAlgorithm::GENERATED.map(KeyAlgorithm::name).to_vec()),
    }
}

async fn create(
    key: &str,
    algorithm: &str,
    backend: &dyn PluginBackend,
) -> Result<PublicKeyPem, ServeError> {
    let algorithm = algorithm.parse().map_err(fault)?;
    let public_key = backend.generate(key, algorithm).await;
    Ok(to_pem(&public_key.map_err(ServeError::Backend)?))
}

fn to_pem(key: &PublicKey) -> PublicKeyPem {
    PublicKeyPem {
        public_key_pem: Some(key.to_pem().into_bytes()),
    }
}

async fn sign(
    key: &str,
    plan: &Plan<'_>,
    stdin: input::Timed<impl Read>,
    backend: &dyn PluginBackend,
) -> Result<SignatureBytes, ServeError> {
    let signer = backend.open(key).await.map_err(ServeError::Backend)?;
    let chosen = plan.choose(signer.public_key().algorithm())?;
    if !offers(&signer, &chosen) {
        return Err(ServeError::Scheme(chosen.scheme));
    }
    let message = chosen.input.read(stdin)?;
    let prepared = chosen.scheme.prepare(&*message).map_err(fault)?;
    let signature = signer.sign(&prepared).await.map_err(fault)?;
    Ok(SignatureBytes {
        signature: Some(signature.as_bytes().to_vec()),
    })
}

fn offers(signer: &CheckedSigner, chosen: &input::Chosen) -> bool {
    signer.schemes().any(|scheme| scheme == chosen.scheme)
}

async fn verify(
    key: &str,
    wanted: &VerifySignature,
    init_hash: u32,
    stdin: input::Timed<impl Read>,
    backend: &dyn PluginBackend,
) -> Result<(), ServeError> {
    let options = wanted.verify_options.clone().unwrap_or_default();
    let signature = Signature::from_bytes(wanted.signature.clone().unwrap_or_default());
    let public_key = backend.public_key(key).await;
    let public_key = public_key.map_err(ServeError::Backend)?;
    verify_with(&public_key, &signature, &options, init_hash, stdin)
}

fn verify_with(
    public_key: &PublicKey,
    signature: &Signature,
    options: &SignOptions,
    init_hash: u32,
    stdin: input::Timed<impl Read>,
) -> Result<(), ServeError> {
    let chosen = Plan::new(options, init_hash).choose(public_key.algorithm())?;
    let message = chosen.input.read(stdin)?;
    let prepared = chosen.scheme.prepare(&*message).map_err(fault)?;
    public_key.verify(&prepared, signature).map_err(fault)
}

fn fault(error: impl Explain) -> ServeError {
    ServeError::Backend(Fault::new(error))
}

#[cfg(test)]
#[path = "serve/tests.rs"]
mod tests;
