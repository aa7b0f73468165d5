//! Certificates in PEM: what is read is written again, and no leaf but the recorded one is ever
//! certified by the recorded root.

use std::time::{Duration, SystemTime};

use touchmark_formats::certificate::{
    Authorities, Certificate, IdentityPolicy, MAX_CERTIFICATES, Pattern, check_for_signing,
};

const ROOT: &str = include_str!("../../../tests/vectors/images/cosign-3/root.crt");
const INTERMEDIATE: &str = include_str!("../../../tests/vectors/images/cosign-3/intermediate.crt");
/// What they certified: the first of this file.
const RECORDED: &str = include_str!("../corpus/certificate_chain/valid-recorded-leaf");

/// Reads a chain, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(chain) = Certificate::read_chain(data) else {
        return false;
    };
    assert!((1..=MAX_CERTIFICATES).contains(&chain.len()));
    let text: String = chain.iter().map(Certificate::to_pem).collect();
    assert_eq!(
        Certificate::read_chain(text.as_bytes()).ok(),
        Some(chain.clone())
    );
    for certificate in &chain {
        assert_eq!(
            Certificate::from_der(certificate.der()).ok().as_ref(),
            Some(certificate)
        );
        check_trust(certificate, &chain);
    }
    true
}

fn check_trust(leaf: &Certificate, chain: &[Certificate]) {
    let mine = read(RECORDED);
    let now = SystemTime::UNIX_EPOCH + mine[0].not_before() + Duration::from_hours(1);
    let anyone = || Pattern::regexp("").ok();
    let (Some(subject), Some(issuer)) = (anyone(), anyone()) else {
        unreachable!("the empty pattern");
    };
    let identity = IdentityPolicy { subject, issuer };
    let authorities = Authorities::new(read(ROOT), read(INTERMEDIATE), identity, now);
    let certified = authorities.key_of(leaf).is_ok();
    assert_eq!(certified, *leaf == mine[0], "{leaf:?}");
    if let Ok(key) = leaf.public_key() {
        // Whatever it says, it neither panics nor takes long.
        let _ = check_for_signing(&key, leaf, chain);
        assert!(check_for_signing(&key, leaf, &[]).is_ok());
    }
}

fn read(pem: &str) -> Vec<Certificate> {
    Certificate::read_chain(pem.as_bytes()).unwrap_or_default()
}
