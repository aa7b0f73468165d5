//! Unit tests of `public_key`, on keys that OpenSSL 3.0 made: P-256, P-384, P-521, RSA-2048 and
//! Ed25519, then secp256k1 and RSA-1024, which are refused.

use super::*;

const OPENSSL: &str = include_str!("../vectors/openssl-3.0-public-keys.pem");

fn blocks() -> Vec<&'static str> {
    OPENSSL
        .split_inclusive("-----END PUBLIC KEY-----\n")
        .collect()
}

#[test]
fn every_supported_algorithm_is_read_and_written_back() {
    let names: Vec<_> = blocks()[..5]
        .iter()
        .map(|pem| {
            let key = PublicKey::from_pem(pem).unwrap();
            assert_eq!(key.to_pem(), *pem);
            key.algorithm().name()
        })
        .collect();
    assert_eq!(
        names,
        [
            "ecdsa-p256",
            "ecdsa-p384",
            "ecdsa-p521",
            "rsa-2048",
            "ed25519"
        ]
    );
}

#[test]
fn other_curves_and_short_rsa_are_refused_with_the_list() {
    for pem in &blocks()[5..] {
        let error = PublicKey::from_pem(pem).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.hint().unwrap().contains("P-256, P-384"), "{error}");
    }
}

#[test]
fn several_keys_are_read_in_order_and_refused_where_one_is_wanted() {
    let two = blocks()[..2].concat();
    assert_eq!(PublicKey::all_from_pem(&two).unwrap().len(), 2);
    assert!(matches!(
        PublicKey::from_pem(&two),
        Err(PublicKeyError::Several(2))
    ));
}

#[test]
fn a_private_key_or_a_broken_block_beside_a_key_is_not_skipped() {
    let good = blocks()[0];
    let private = good.replace("PUBLIC", "PRIVATE");
    for bad in [
        "",
        "no pem",
        &private,
        &format!("{good}{private}"),
        &good[..good.len() - 30],
    ] {
        assert!(PublicKey::all_from_pem(bad).is_err(), "{bad}");
    }
    let half = format!("{good}-----BEGIN PUBLIC KEY-----\nMFkw");
    assert!(PublicKey::all_from_pem(&half).is_err());
}

#[test]
fn a_point_off_the_curve_and_trailing_bytes_are_refused() {
    let key = PublicKey::from_pem(blocks()[0]).unwrap();
    let mut spki = key.spki_der().to_vec();
    *spki.last_mut().unwrap() ^= 1;
    assert!(matches!(
        PublicKey::from_spki_der(&spki),
        Err(PublicKeyError::Invalid(_))
    ));
    let mut long = key.spki_der().to_vec();
    long.push(0);
    assert!(matches!(
        PublicKey::from_spki_der(&long),
        Err(PublicKeyError::Der(_))
    ));
}

#[test]
fn keys_are_rebuilt_from_their_raw_parts() {
    for pem in &blocks()[..5] {
        let key = PublicKey::from_pem(pem).unwrap();
        let rebuilt = match key.algorithm() {
            KeyAlgorithm::Ecdsa(curve) => PublicKey::from_ec_point(curve, key.raw()),
            KeyAlgorithm::Rsa(_) => PublicKey::from_pkcs1_der(key.raw()),
            KeyAlgorithm::Ed25519 => PublicKey::from_ed25519(key.raw()),
        };
        assert_eq!(rebuilt.unwrap(), key);
    }
}

#[test]
fn a_key_id_reads_back() {
    let id = PublicKey::from_pem(blocks()[0]).unwrap().key_id();
    assert_eq!(KeyId::parse(&id.to_string()), Some(id.clone()));
    assert_eq!(KeyId::parse(&id.to_hint()), None);
    assert_eq!(id.to_hex().len(), 64);
}
