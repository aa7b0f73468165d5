//! The life of a key in a backend: made once, listed, used, destroyed on confirmation only.

use touchmark_core::{
    ErrorKind, Explain, KeyAlgorithm, KeyDestroyer, KeyGenerator, KeyLister, KeyListing, KeyUri,
    ManageError, PublicKey,
};

use super::{Management, signing};

/// One key from nothing to nothing.
pub(super) async fn a_key_lives_and_dies(all: &Management<'_>, algorithm: KeyAlgorithm) {
    let place = (all.place)(&format!("suite-{algorithm}"));
    not_there(all, &place).await;
    let made = generator(all).generate(&place, algorithm).await;
    let made = made.unwrap_or_else(|error| panic!("{algorithm} at {place}: {error:?}"));
    assert_eq!(made.algorithm(), algorithm);
    signs(all, &place, &made).await;
    an_occupied_place_is_refused(all, &place, &made).await;
    is_listed_once(all, &made).await;
    only_its_own_id_destroys_it(all, &place, &made).await;
    not_there(all, &place).await;
    assert_eq!(listings_of(all, &made).await, []);
}

/// Destroying what is not there.
pub(super) async fn destroying_nothing_is_a_key_error(all: &Management<'_>) {
    let place = (all.place)("suite-default");
    let algorithm = all.algorithms[0];
    let made = generator(all)
        .generate(&place, algorithm)
        .await
        .expect("a key");
    let nobody = (all.place)("suite-nobody");
    let destroyed = destroyer(all).destroy(&nobody, &made.key_id()).await;
    assert_key_error(&destroyed.expect_err("a key that is not there was destroyed"));
    signs(all, &place, &made).await;
    destroyer(all)
        .destroy(&place, &made.key_id())
        .await
        .expect("a key");
    let again = destroyer(all).destroy(&place, &made.key_id()).await;
    assert_key_error(&again.expect_err("destroyed twice"));
}

async fn signs(all: &Management<'_>, key: &KeyUri, expected: &PublicKey) {
    let signer = all.provider.open(key).await;
    let signer = signer.unwrap_or_else(|error| panic!("{key}: {error:?}"));
    assert_eq!(signer.public_key(), expected, "{key}");
    signing::the_preferred_scheme_signs(&*signer).await;
}

/// A second key of the same name is refused, whatever its algorithm, and nothing changes.
async fn an_occupied_place_is_refused(all: &Management<'_>, place: &KeyUri, made: &PublicKey) {
    for algorithm in all.algorithms {
        let second = generator(all).generate(place, *algorithm).await;
        assert_key_error(&second.expect_err("a second key of the same name"));
    }
    let found = all.provider.public_key(place).await.expect("one key still");
    assert_eq!(&found, made);
    assert_eq!(listings_of(all, made).await.len(), 1, "half a key is left");
}

/// The listing has it once, and its URI names it alone.
async fn is_listed_once(all: &Management<'_>, made: &PublicKey) {
    let listings = listings_of(all, made).await;
    let [listing] = listings.as_slice() else {
        panic!("listed {} times: {listings:?}", listings.len());
    };
    signs(all, &listing.uri, made).await;
    let text = listing.uri.to_string();
    let again: KeyUri = text.parse().expect("a listed URI reads back");
    assert_eq!(again, listing.uri);
    let narrow = lister(all).list(&listing.uri).await.expect("a listing");
    assert_eq!(narrow, listings, "{text} lists something else");
}

/// The id of another key, even of one that exists, destroys nothing.
async fn only_its_own_id_destroys_it(all: &Management<'_>, place: &KeyUri, made: &PublicKey) {
    let other_place = (all.place)("suite-other");
    let algorithm = all.algorithms[0];
    let other = generator(all)
        .generate(&other_place, algorithm)
        .await
        .expect("another key");
    let refused = destroyer(all).destroy(place, &other.key_id()).await;
    match refused.expect_err("destroyed by another key's id") {
        ManageError::NotConfirmed { found, confirmed } => {
            assert_eq!((found, confirmed), (made.key_id(), other.key_id()));
        }
        error @ ManageError::Backend(_) => panic!("not about the confirmation: {error:?}"),
    }
    signs(all, place, made).await;

    let gone = destroyer(all)
        .destroy(place, &made.key_id())
        .await
        .expect("its own id");
    assert!(
        !gone.is_empty() && gone.iter().all(|what| !what.is_empty()),
        "{gone:?}"
    );
    signs(all, &other_place, &other).await;
    destroyer(all)
        .destroy(&other_place, &other.key_id())
        .await
        .expect("its own id");
}

async fn not_there(all: &Management<'_>, place: &KeyUri) {
    let opened = all.provider.open(place).await;
    assert_key_error(&opened.expect_err("a key that is not there opens"));
    assert_eq!(lister(all).list(place).await.expect("a listing"), []);
}

async fn listings_of(all: &Management<'_>, key: &PublicKey) -> Vec<KeyListing> {
    let mut listings = lister(all).list(all.everything).await.expect("a listing");
    listings.retain(|listing| listing.public_key.as_ref() == Some(key));
    listings
}

/// Checks that an error is about which key, with exit code 3 on the command line.
pub(super) fn assert_key_error(error: &impl Explain) {
    assert_eq!(error.kind(), ErrorKind::Key, "{error}: {error:?}");
}

fn generator<'a>(all: &Management<'a>) -> &'a dyn KeyGenerator {
    all.provider.generator().expect("it generates keys")
}

fn lister<'a>(all: &Management<'a>) -> &'a dyn KeyLister {
    all.provider.lister().expect("it lists keys")
}

fn destroyer<'a>(all: &Management<'a>) -> &'a dyn KeyDestroyer {
    all.provider.destroyer().expect("it destroys keys")
}
