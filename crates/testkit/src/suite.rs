//! The suite that every `Provider` and `Signer` passes, whatever is behind it.
//!
//! A backend's own tests make keys, then call [`run`] with them, and [`manage`] where the backend
//! makes, lists and destroys keys:
//!
//! ```no_run
//! # use touchmark_core::{KeyAlgorithm, Provider};
//! # use touchmark_testkit::{suite, token::TestToken};
//! # fn test(provider: &dyn Provider, token: &TestToken) {
//! suite::run(&suite::Subject {
//!     provider,
//!     keys: &[token.uri("object=release")],
//!     missing: token.uri("object=nobody"),
//!     secrets: &[&token.user_pin],
//! });
//! suite::manage(&suite::Management {
//!     provider,
//!     place: &|name| token.uri(&format!("object={name}")),
//!     everything: &token.uri(""),
//!     algorithms: &KeyAlgorithm::GENERATED,
//! });
//! # }
//! ```

mod encoding;
mod inputs;
mod managing;
mod opening;
mod signing;
#[cfg(test)]
mod tests;

use touchmark_core::{KeyAlgorithm, KeyUri, Provider};

use crate::block_on;

/// A backend with keys to sign with.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The backend.
    pub provider: &'a dyn Provider,
    /// URIs that each name exactly one key.
    pub keys: &'a [KeyUri],
    /// A URI that names no key, in a place that can be reached.
    pub missing: KeyUri,
    /// What may appear in no `Debug` output, error or hint: PINs, passwords, private keys.
    pub secrets: &'a [&'a str],
}

/// A backend that makes, lists and destroys keys.
#[allow(missing_debug_implementations, reason = "holds a closure")]
pub struct Management<'a> {
    /// The backend.
    pub provider: &'a dyn Provider,
    /// The URI of a key that does not exist yet, by a name of letters, digits and hyphens.
    pub place: &'a dyn Fn(&str) -> KeyUri,
    /// A URI that lists every key of the place.
    pub everything: &'a KeyUri,
    /// What can be generated there.
    pub algorithms: &'a [KeyAlgorithm],
}

/// Checks opening and signing with every key.
///
/// Panics at the first thing that is not as it must be.
pub fn run(subject: &Subject<'_>) {
    assert!(!subject.keys.is_empty(), "the suite needs a key");
    block_on(async {
        opening::unknown_keys_are_key_errors(subject).await;
        for key in subject.keys {
            let signer = opening::opens_the_same_key_each_time(subject, key).await;
            signing::offers_schemes_that_fit(&*signer);
            signing::every_scheme_signs(&*signer).await;
            signing::a_digest_alone_is_enough_where_the_scheme_signs_one(&*signer).await;
            signing::other_schemes_are_refused(&*signer).await;
            signing::a_message_that_breaks_off_is_an_error(&*signer).await;
            signing::many_at_once_keep_to_their_messages(signer).await;
            opening::the_pinned_key_is_enforced(subject, key).await;
        }
    });
}

/// Checks making, listing and destroying keys, with every algorithm.
///
/// Panics at the first thing that is not as it must be.
pub fn manage(management: &Management<'_>) {
    block_on(async {
        for algorithm in management.algorithms {
            managing::a_key_lives_and_dies(management, *algorithm).await;
        }
        managing::destroying_nothing_is_a_key_error(management).await;
    });
}
