//! What the reader of an error can do next.

use crate::ckr;
use crate::error::{KeyProblem, ModuleProblem, PinProblem, Pkcs11Error, TokenProblem, UriProblem};
use cryptoki::error::RvError;
use touchmark_core::Explain;

pub(crate) fn of(error: &Pkcs11Error) -> Option<String> {
    match error {
        Pkcs11Error::Uri(problem) => uri(problem),
        Pkcs11Error::Module { problem, path, .. } => Some(module(*problem, path)),
        Pkcs11Error::Token { problem } => Some(token(problem).into()),
        Pkcs11Error::Key { problem, .. } => Some(key(problem).into()),
        Pkcs11Error::Pin { problem, .. } => Some(pin(*problem).into()),
        Pkcs11Error::Interaction(error) => error.hint(),
        Pkcs11Error::Unsupported { .. } => {
            Some("choose an algorithm or token that fits; `touchmark doctor` lists tokens".into())
        }
        Pkcs11Error::TooLarge { .. } => {
            Some("use an ECDSA or RSA key, which signs a digest of any length of message".into())
        }
        Pkcs11Error::Deadline { .. } => {
            Some("check that the device answers (`touchmark doctor`), then try again".into())
        }
        Pkcs11Error::Device { source, .. } => Some(device(ckr::code(source)).into()),
        Pkcs11Error::System { .. } => Some(
            "set XDG_RUNTIME_DIR to a directory that only you can write to, and check the limit \
             on threads"
                .into(),
        ),
        Pkcs11Error::Malformed { .. } => None,
    }
}

fn uri(problem: &UriProblem) -> Option<String> {
    let hint = match problem {
        UriProblem::Scheme(_) => "write pkcs11:token=LABEL;object=LABEL",
        UriProblem::Unknown(_) => {
            "known are token, serial, manufacturer, model, slot-id, slot-manufacturer, \
             slot-description, library-manufacturer, library-description, library-version, object, \
             id and type, and after `?` module-path and pin-source"
        }
        UriProblem::Value { name: "type", .. } => "use private, public or cert",
        UriProblem::Value {
            name: "slot-id", ..
        } => "give the slot's number in decimal",
        UriProblem::Value {
            name: "pin-source", ..
        } => "name a local file, as pin-source=/PATH or pin-source=file:/PATH",
        UriProblem::Value { .. } => "give UTF-8 text without NUL; escape bytes as %XX",
        UriProblem::Missing(_) => "name the key's label, as object=LABEL",
        UriProblem::Malformed(error) => return error.hint(),
    };
    Some(hint.into())
}

fn module(problem: ModuleProblem, path: &std::path::Path) -> String {
    match problem {
        ModuleProblem::NotNamed => {
            "add ?module-path=/PATH/MODULE.so to the URI, or set TOUCHMARK_PKCS11_MODULE".into()
        }
        ModuleProblem::Missing => {
            "check module-path; `touchmark doctor` lists the modules that are installed".into()
        }
        ModuleProblem::NotALibrary => {
            "module-path must name a shared library for this machine, and the libraries that it \
             needs must be installed"
                .into()
        }
        ModuleProblem::NotPkcs11 => {
            "module-path must name the vendor's PKCS#11 library, which has C_GetFunctionList".into()
        }
        ModuleProblem::NotStarted if path.to_string_lossy().contains("softhsm") => {
            "check that SOFTHSM2_CONF names a readable file and that its token directory exists"
                .into()
        }
        ModuleProblem::NotStarted => {
            "check the module's own configuration, and that its device or service is running".into()
        }
    }
}

fn token(problem: &TokenProblem) -> &'static str {
    match problem {
        TokenProblem::None(found) if found.is_empty() => {
            "insert or initialise a token; `touchmark doctor` shows what each module sees"
        }
        TokenProblem::None(_) => "check token= and serial= in the URI",
        TokenProblem::Several(_) => "add serial= to the URI, or token= where the labels differ",
    }
}

fn key(problem: &KeyProblem) -> &'static str {
    match problem {
        KeyProblem::None(_) => "check object= and id= in the URI; `touchmark key list` shows keys",
        KeyProblem::Several(_) => "add object= and id= to the URI, so that one key matches",
        KeyProblem::Exists(_) => "choose another label, or destroy the old key first",
        KeyProblem::NotPrivate => "leave type out, or use type=private",
        KeyProblem::Disabled => "`touchmark key enable` allows it to sign again",
        KeyProblem::NoPublicKey => {
            "store a certificate beside the key (`touchmark key import`), or pin its public key \
             under a name in touchmark.toml"
        }
        KeyProblem::Replaced { .. } => {
            "check the token: it may have been re-initialised; open the key anew if that was meant"
        }
        KeyProblem::OtherCertificate { .. } => "give the certificate that was issued for this key",
        KeyProblem::Extractable => "the token does not protect keys as asked: use another",
    }
}

fn pin(problem: PinProblem) -> &'static str {
    match problem {
        PinProblem::Missing => {
            "set TOUCHMARK_PIN, or use --pin-file, --pin-fd or pin-source in the URI"
        }
        PinProblem::Wrong(_) => {
            "it was tried once and is not tried again; check the PIN before the next try"
        }
        PinProblem::Locked => "the security officer must set a new user PIN (C_InitPIN)",
        PinProblem::FinalTry => {
            "be sure of the PIN, then pass --use-final-pin-try: a wrong one locks the token"
        }
        PinProblem::NotInitialized => {
            "the security officer must set the user PIN (C_InitPIN, `softhsm2-util --init-token`)"
        }
        PinProblem::Expired => "change the PIN with the vendor's tool",
    }
}

fn device(code: Option<RvError>) -> &'static str {
    match code {
        Some(RvError::DeviceRemoved | RvError::TokenNotPresent) => {
            "insert the token again; it was looked for once more before this message"
        }
        Some(RvError::AttributeReadOnly | RvError::ActionProhibited) => {
            "the token does not let this object be changed"
        }
        Some(RvError::TokenWriteProtected | RvError::SessionReadOnly) => {
            "the token is write-protected"
        }
        Some(RvError::SessionCount) => "close other programs that use the token",
        _ => "`touchmark doctor` shows whether the token answers",
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::Error;
    use touchmark_core::ErrorKind;

    use super::*;
    use crate::error::PinTries;

    fn check(error: &Pkcs11Error, kind: ErrorKind, hint: &str) {
        assert_eq!(error.kind(), kind, "{error}");
        let found = error.hint().unwrap_or_default();
        assert!(found.contains(hint), "{error}: {found}");
        assert!(!found.ends_with('.'), "{found}");
    }

    #[test]
    fn each_module_problem_says_what_to_do() {
        for (problem, kind, hint) in [
            (
                ModuleProblem::NotNamed,
                ErrorKind::Usage,
                "TOUCHMARK_PKCS11_MODULE",
            ),
            (ModuleProblem::Missing, ErrorKind::Unreachable, "doctor"),
            (
                ModuleProblem::NotALibrary,
                ErrorKind::Unreachable,
                "shared library",
            ),
            (
                ModuleProblem::NotPkcs11,
                ErrorKind::Unreachable,
                "C_GetFunctionList",
            ),
            (
                ModuleProblem::NotStarted,
                ErrorKind::Unreachable,
                "SOFTHSM2_CONF",
            ),
        ] {
            let error = Pkcs11Error::Module {
                path: "/usr/lib/libsofthsm2.so".into(),
                problem,
                source: None,
            };
            check(&error, kind, hint);
        }
    }

    #[test]
    fn each_key_and_token_problem_says_what_to_do() {
        for (problem, hint) in [
            (TokenProblem::None(vec![]), "initialise"),
            (TokenProblem::None(vec!["a".into()]), "token="),
            (TokenProblem::Several(vec![]), "serial="),
        ] {
            check(&Pkcs11Error::Token { problem }, ErrorKind::Key, hint);
        }
        for (problem, hint) in [
            (KeyProblem::None(vec![]), "key list"),
            (KeyProblem::Several(vec![]), "id="),
            (KeyProblem::Exists(vec![]), "another label"),
            (KeyProblem::NotPrivate, "type=private"),
            (KeyProblem::Disabled, "touchmark key enable"),
            (KeyProblem::NoPublicKey, "key import"),
            (KeyProblem::Extractable, "use another"),
        ] {
            let token = "t".into();
            check(&Pkcs11Error::Key { token, problem }, ErrorKind::Key, hint);
        }
    }

    #[test]
    fn each_pin_problem_says_what_to_do() {
        for (problem, hint) in [
            (PinProblem::Missing, "TOUCHMARK_PIN"),
            (PinProblem::Wrong(PinTries::CountLow), "not tried again"),
            (PinProblem::Locked, "security officer"),
            (PinProblem::FinalTry, "--use-final-pin-try"),
            (PinProblem::NotInitialized, "C_InitPIN"),
            (PinProblem::Expired, "change the PIN"),
        ] {
            let token = "t".into();
            check(
                &Pkcs11Error::Pin { token, problem },
                ErrorKind::Secret,
                hint,
            );
        }
    }

    #[test]
    fn a_device_error_names_the_code() {
        let code = RvError::DeviceRemoved;
        let error = Pkcs11Error::device("signing")(Error::Pkcs11(code, Function::Sign));
        assert_eq!(
            error.to_string(),
            "signing failed (CKR_DEVICE_REMOVED from C_Sign)"
        );
        check(&error, ErrorKind::Unreachable, "insert the token");
    }
}
