//! What a plugin answers.

use serde::{Deserialize, Serialize};

use super::bytes;

/// One answer: an error message, or the object of the method that was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Why the call failed. An empty one means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Answers `defaultAlgorithm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_algorithm: Option<Algorithm>,
    /// Answers `supportedAlgorithms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_algorithms: Option<Algorithms>,
    /// Answers `createKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_key: Option<PublicKeyPem>,
    /// Answers `publicKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<PublicKeyPem>,
    /// Answers `signMessage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_message: Option<SignatureBytes>,
    /// Answers `verifySignature`: being there means that the signature verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_signature: Option<Empty>,
}

/// The algorithm that keys are made with unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Algorithm {
    /// The plugin's own name for it.
    pub default_algorithm: String,
}

/// The algorithms that keys can be made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Algorithms {
    /// The plugin's own names for them; Go writes none as `null`.
    pub supported_algorithms: Option<Vec<String>>,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyPem {
    /// PEM text, base64 once more.
    #[serde(rename = "publicKeyPEM", with = "bytes")]
    pub public_key_pem: Option<Vec<u8>>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureBytes {
    /// DER for ECDSA, else the scheme's raw bytes.
    #[serde(with = "bytes")]
    pub signature: Option<Vec<u8>>,
}

/// An object without fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

impl Response {
    /// An error. An empty message is replaced, since it would mean success.
    #[must_use]
    pub fn error(message: &str) -> Self {
        let message = if message.is_empty() {
            "failed without a reason"
        } else {
            message
        };
        Self {
            error_message: Some(message.into()),
            ..Self::default()
        }
    }

    /// The response as compact JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // These types always have a JSON form; an error is answered with an error all the same.
        serde_json::to_string(self)
            .unwrap_or_else(|_| r#"{"errorMessage":"the answer cannot be written"}"#.into())
    }
}
