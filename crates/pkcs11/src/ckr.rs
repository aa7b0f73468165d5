//! Return codes by their names in the standard, and what follows from them.

use cryptoki::error::{Error, RvError};

/// The code's name in PKCS#11 §5.1, such as `CKR_DEVICE_REMOVED`; for other failures, their text.
pub(crate) fn name(error: &Error) -> String {
    let Error::Pkcs11(code, function) = error else {
        return error.to_string();
    };
    let code = match code {
        RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) => {
            format!("0x{number:08x}")
        }
        known => constant(&format!("{known:?}")),
    };
    format!("{code} from C_{function:?}")
}

/// `PinIncorrect` → `CKR_PIN_INCORRECT`.
fn constant(variant: &str) -> String {
    let mut name = String::from("CKR");
    for character in variant.chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

/// The code, where a module returned one.
pub(crate) fn code(error: &Error) -> Option<RvError> {
    match error {
        Error::Pkcs11(code, _) => Some(*code),
        _ => None,
    }
}

/// Codes after which the session is dropped and everything opened once more. A refused PIN is
/// never among them.
pub(crate) fn is_fatal(error: &Error) -> bool {
    matches!(
        code(error),
        Some(
            RvError::DeviceError
                | RvError::DeviceMemory
                | RvError::DeviceRemoved
                | RvError::FunctionFailed
                | RvError::GeneralError
                | RvError::HostMemory
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::OperationActive
                | RvError::OperationNotInitialized
                | RvError::SessionClosed
                | RvError::SessionHandleInvalid
                | RvError::SlotIdInvalid
                | RvError::TokenNotPresent
                | RvError::TokenNotRecognized
                | RvError::UserNotLoggedIn
        )
    )
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    fn rv(code: RvError) -> Error {
        Error::Pkcs11(code, Function::Sign)
    }

    #[test]
    fn codes_have_the_standards_names() {
        assert_eq!(
            name(&rv(RvError::DeviceRemoved)),
            "CKR_DEVICE_REMOVED from C_Sign"
        );
        assert_eq!(
            name(&rv(RvError::VendorDefined(0x8000_0001))),
            "0x80000001 from C_Sign"
        );
    }

    #[test]
    fn a_lost_session_is_fatal_and_a_refused_pin_is_not() {
        assert!(is_fatal(&rv(RvError::SessionHandleInvalid)));
        for code in [
            RvError::PinIncorrect,
            RvError::PinLocked,
            RvError::PinLenRange,
            RvError::UserPinNotInitialized,
            RvError::MechanismInvalid,
        ] {
            assert!(!is_fatal(&rv(code)), "{code:?}");
        }
    }
}
