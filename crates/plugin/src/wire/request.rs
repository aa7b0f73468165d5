//! What a plugin is asked.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::response::Empty;
use super::{PROTOCOL_VERSION, WireError, bytes, hash, timestamp};

/// One call: a key, and what to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which key.
    pub init: InitOptions,
    /// What to do.
    pub method: Method,
}

/// What the host loaded the key with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitOptions {
    /// When the host gives up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp")]
    pub ctx_deadline: Option<SystemTime>,
    /// [`PROTOCOL_VERSION`].
    pub protocol_version: String,
    /// The key, without `NAME://`.
    #[serde(rename = "keyResourceID")]
    pub key_resource_id: String,
    /// The hash function (see [`hash`]) where the call names none.
    #[serde(default)]
    pub hash_func: u32,
    /// How the service is called.
    #[serde(default)]
    pub rpc_options: Option<RpcOptions>,
}

impl InitOptions {
    /// A key, with the hash function that cosign loads keys with.
    #[must_use]
    pub fn new(key_resource_id: &str, ctx_deadline: Option<SystemTime>) -> Self {
        Self {
            ctx_deadline,
            protocol_version: PROTOCOL_VERSION.into(),
            key_resource_id: key_resource_id.into(),
            hash_func: hash::SHA256,
            rpc_options: Some(RpcOptions::new(None)),
        }
    }
}

impl fmt::Debug for InitOptions {
    /// Without the key, which is foreign text that may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitOptions")
            .field("ctx_deadline", &self.ctx_deadline)
            .field("protocol_version", &self.protocol_version)
            .field("hash_func", &self.hash_func)
            .field("rpc_options", &self.rpc_options)
            .finish_non_exhaustive()
    }
}

/// How a service is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RpcOptions {
    /// When the host gives up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp")]
    pub ctx_deadline: Option<SystemTime>,
    /// The key's version; empty for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_version: Option<String>,
    /// Whether the service rather than the plugin should verify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_verification: Option<bool>,
}

impl RpcOptions {
    /// The options that sigstore writes where nothing but perhaps a deadline was set.
    #[must_use]
    pub fn new(ctx_deadline: Option<SystemTime>) -> Self {
        Self {
            ctx_deadline,
            key_version: Some(String::new()),
            remote_verification: Some(false),
        }
    }
}

/// What to do with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Name the algorithm that keys are made with unless told otherwise.
    DefaultAlgorithm,
    /// Name the algorithms that keys can be made with.
    SupportedAlgorithms,
    /// Make a key.
    CreateKey(CreateKey),
    /// Tell the public key.
    PublicKey(PublicKeyOptions),
    /// Sign.
    SignMessage(SignOptions),
    /// Verify.
    VerifySignature(VerifySignature),
}

impl Method {
    /// The method's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DefaultAlgorithm => "defaultAlgorithm",
            Self::SupportedAlgorithms => "supportedAlgorithms",
            Self::CreateKey(_) => "createKey",
            Self::PublicKey(_) => "publicKey",
            Self::SignMessage(_) => "signMessage",
            Self::VerifySignature(_) => "verifySignature",
        }
    }
}

/// What key to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateKey {
    /// When the host gives up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp")]
    pub ctx_deadline: Option<SystemTime>,
    /// The plugin's own name of the algorithm.
    pub algorithm: String,
}

/// How the public key is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyOptions {
    /// How the service is called.
    #[serde(default)]
    pub rpc_options: RpcOptions,
}

/// How a message is signed or verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignOptions {
    /// How the service is called.
    #[serde(default)]
    pub rpc_options: RpcOptions,
    /// What is signed.
    #[serde(default)]
    pub message_options: MessageOptions,
}

/// What is signed, if not standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageOptions {
    /// The digest; none where standard input has the message.
    #[serde(default, with = "bytes")]
    pub digest: Option<Vec<u8>>,
    /// The digest's hash function (see [`hash`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_func: Option<u32>,
}

/// Which signature to verify, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifySignature {
    /// The signature: DER for ECDSA, else the scheme's raw bytes.
    #[serde(with = "bytes")]
    pub signature: Option<Vec<u8>>,
    /// How to verify.
    #[serde(default)]
    pub verify_options: Option<SignOptions>,
}

impl Request {
    /// The earliest of the deadlines that the request names.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        let init = &self.init;
        let of_rpc = |options: Option<&RpcOptions>| options.and_then(|rpc| rpc.ctx_deadline);
        let of_method = match &self.method {
            Method::DefaultAlgorithm | Method::SupportedAlgorithms => None,
            Method::CreateKey(arguments) => arguments.ctx_deadline,
            method => of_rpc(method.rpc_options()),
        };
        [
            init.ctx_deadline,
            of_rpc(init.rpc_options.as_ref()),
            of_method,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The version of the key that is asked for, where one is.
    #[must_use]
    pub fn key_version(&self) -> Option<&str> {
        [self.init.rpc_options.as_ref(), self.method.rpc_options()]
            .into_iter()
            .flatten()
            .filter_map(|rpc| rpc.key_version.as_deref())
            .find(|version| !version.is_empty())
    }

    /// The request as compact JSON, fields in sigstore's order.
    ///
    /// # Errors
    /// A deadline is outside the years 1970 to 9999.
    pub fn to_json(&self) -> Result<String, WireError> {
        Ok(serde_json::to_string(&Raw::from(self.clone()))?)
    }
}

impl Method {
    fn rpc_options(&self) -> Option<&RpcOptions> {
        match self {
            Self::DefaultAlgorithm | Self::SupportedAlgorithms | Self::CreateKey(_) => None,
            Self::PublicKey(options) => Some(&options.rpc_options),
            Self::SignMessage(options) => Some(&options.rpc_options),
            Self::VerifySignature(arguments) => arguments
                .verify_options
                .as_ref()
                .map(|options| &options.rpc_options),
        }
    }
}

/// The request as JSON has it: the method's arguments are the field that the name names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    init_options: InitOptions,
    method_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_algorithm: Option<Empty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    supported_algorithms: Option<Empty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    create_key: Option<CreateKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<PublicKeyArguments>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_message: Option<SignArguments>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verify_signature: Option<VerifySignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyArguments {
    #[serde(default)]
    public_key_options: Option<PublicKeyOptions>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignArguments {
    #[serde(default)]
    sign_options: Option<SignOptions>,
}

impl TryFrom<Raw> for Request {
    type Error = WireError;

    fn try_from(raw: Raw) -> Result<Self, WireError> {
        let method = match raw.method_name.as_str() {
            "defaultAlgorithm" => raw.default_algorithm.map(|_| Method::DefaultAlgorithm),
            "supportedAlgorithms" => raw
                .supported_algorithms
                .map(|_| Method::SupportedAlgorithms),
            "createKey" => raw.create_key.map(Method::CreateKey),
            "publicKey" => raw
                .public_key
                .map(|found| Method::PublicKey(found.public_key_options.unwrap_or_default())),
            "signMessage" => raw
                .sign_message
                .map(|found| Method::SignMessage(found.sign_options.unwrap_or_default())),
            "verifySignature" => raw.verify_signature.map(Method::VerifySignature),
            _ => {
                return Err(WireError::Method(
                    raw.method_name.chars().take(64).collect(),
                ));
            }
        };
        Ok(Self {
            init: raw.init_options,
            method: method.ok_or(WireError::Arguments(raw.method_name))?,
        })
    }
}

impl From<Request> for Raw {
    fn from(request: Request) -> Self {
        let mut raw = Self {
            init_options: request.init,
            method_name: request.method.name().into(),
            default_algorithm: None,
            supported_algorithms: None,
            create_key: None,
            public_key: None,
            sign_message: None,
            verify_signature: None,
        };
        match request.method {
            Method::DefaultAlgorithm => raw.default_algorithm = Some(Empty {}),
            Method::SupportedAlgorithms => raw.supported_algorithms = Some(Empty {}),
            Method::CreateKey(arguments) => raw.create_key = Some(arguments),
            Method::PublicKey(options) => {
                raw.public_key = Some(PublicKeyArguments {
                    public_key_options: Some(options),
                });
            }
            Method::SignMessage(options) => {
                raw.sign_message = Some(SignArguments {
                    sign_options: Some(options),
                });
            }
            Method::VerifySignature(arguments) => raw.verify_signature = Some(arguments),
        }
        raw
    }
}
