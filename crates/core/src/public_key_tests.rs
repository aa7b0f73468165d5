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

#[test]
fn a_second_encoding_of_a_key_is_refused() {
    let p256 = PublicKey::from_pem(blocks()[0]).unwrap();
    let mut compressed = p256.raw()[..33].to_vec();
    compressed[0] = 2 | (p256.raw()[64] & 1);
    assert!(PublicKey::from_ec_point(Curve::P256, &compressed).is_err());
    assert!(PublicKey::from_ec_point(Curve::P256, p256.spki_der()).is_err());

    let rsa = PublicKey::from_pem(blocks()[3]).unwrap();
    let absent = PublicKey::assemble(rfc5912::RSA_ENCRYPTION, None, rsa.raw());
    assert!(matches!(absent, Err(PublicKeyError::Algorithm(_))));
}

#[test]
fn low_order_and_non_canonical_ed25519_points_are_refused() {
    let p = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    let encodings = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        // y = p + 3: a point of large order, but RFC 8032 §5.1.3 allows y < p alone.
        &p.replacen("ed", "f0", 1),
        p,
    ];
    for encoding in encodings {
        let point = hex::decode(encoding).unwrap();
        assert!(PublicKey::from_ed25519(&point).is_err(), "{encoding}");
    }
}
