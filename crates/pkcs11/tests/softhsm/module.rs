//! Modules that are none.

use std::time::Duration;

use touchmark_core::{ErrorKind, Explain, KeyUri, OpenError, Provider};
use touchmark_pkcs11::{ModuleProblem, PinTries, Pkcs11Error, probe};

use crate::support::{MODULE, TOKEN, block_on, isolated, provider};

/// A shared library that is certainly there, and certainly no PKCS#11 module.
const LIBC: &str = "libc.so.6";

fn problem(path: &str) -> ModuleProblem {
    let key: KeyUri = format!("pkcs11:object=a?module-path={path}")
        .parse()
        .unwrap();
    let error = block_on(provider().open(&key)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains(path), "{error}");
    let OpenError::Backend(fault) = &error else {
        panic!("{error:?}");
    };
    match fault.downcast_ref() {
        Some(Pkcs11Error::Module { problem, .. }) => *problem,
        _ => panic!("{error:?}"),
    }
}

#[test]
fn each_wrong_module_is_told_apart() {
    isolated("module::each_wrong_module_is_told_apart", || {
        assert_eq!(problem("/nonexistent/module.so"), ModuleProblem::Missing);
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "no library").unwrap();
        let text = text.path().to_str().unwrap();
        assert_eq!(problem(text), ModuleProblem::NotALibrary);
        // Where this process has it mapped from.
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps
            .split_whitespace()
            .find(|word| word.ends_with(LIBC))
            .unwrap();
        assert_eq!(problem(libc), ModuleProblem::NotPkcs11);
        let unnamed = block_on(provider().open(&"pkcs11:object=a".parse().unwrap())).unwrap_err();
        assert_eq!(unnamed.kind(), ErrorKind::Usage);
        assert!(unnamed.hint().unwrap().contains("TOUCHMARK_PKCS11_MODULE"));
    });
}

#[test]
fn a_module_is_described_without_a_login() {
    isolated("module::a_module_is_described_without_a_login", || {
        let report = probe(MODULE.as_ref(), Duration::from_secs(10)).unwrap();
        assert!(report.manufacturer.contains("SoftHSM"), "{report:?}");
        let token = report
            .tokens
            .iter()
            .find(|token| token.label == TOKEN)
            .unwrap();
        assert!(token.initialized && token.login_required && token.user_pin_initialized);
        assert_eq!(token.user_pin, PinTries::Fine);
        assert!(!token.serial.is_empty());
    });
}
