//! The raw `C_Sign`, with a buffer of our own.
//!
//! `cryptoki` starts and ends a signature in one call, so nothing can happen in between; but a key
//! with `CKA_ALWAYS_AUTHENTICATE` wants a login exactly there (PKCS#11 3.0 §4.9). It also asks for
//! the signature's length first, which costs a network HSM a second round trip. So every signature
//! is `Session::sign_init`, then this.
//!
//! This is the crate's only unsafe code.
#![allow(unsafe_code)]

use std::fmt;
use std::path::Path;
use std::ptr;

use cryptoki::context::Function;
use cryptoki::error::{Error, Result, Rv, RvError};
use cryptoki::session::Session;
use cryptoki_sys::{CK_BYTE, CK_FUNCTION_LIST, CK_RV, CK_SESSION_HANDLE, CK_ULONG};

/// Room for the longest signature there is here, RSA-4096's 512 bytes, with a margin for modules
/// that want more than they fill.
const ROOM: usize = 1024;

type Sign = unsafe extern "C" fn(
    CK_SESSION_HANDLE,
    *mut CK_BYTE,
    CK_ULONG,
    *mut CK_BYTE,
    *mut CK_ULONG,
) -> CK_RV;

/// A module's `C_Sign`.
pub(crate) struct RawSign {
    sign: Sign,
    /// Keeps the library loaded for as long as `sign` points into it.
    _library: cryptoki_sys::Pkcs11,
}

impl RawSign {
    /// Takes the pointer from the module's function list: a module need not export `C_Sign` itself.
    ///
    /// The module must be loaded already, so that this adds a reference and runs no code of it.
    pub(crate) fn load(module: &Path) -> Result<Self> {
        // SAFETY: loading runs the library's initialisers, which the `cryptoki` context of the
        // same file did before; they are as trusted as the module.
        let library = unsafe { cryptoki_sys::Pkcs11::new(module) }?;
        let Ok(get_function_list) = library.C_GetFunctionList else {
            return Err(Error::MissingSymbol("C_GetFunctionList"));
        };
        let mut list: *mut CK_FUNCTION_LIST = ptr::null_mut();
        // SAFETY: PKCS#11 §5.4: callable before C_Initialize; writes one pointer to `list`.
        Rv::from(unsafe { get_function_list(&raw mut list) })
            .into_result(Function::GetFunctionList)?;
        if list.is_null() {
            return Err(Error::NullFunctionPointer);
        }
        // SAFETY: not null, and §5.4 has it point to a list that lives as long as the library.
        let sign = unsafe { (*list).C_Sign }.ok_or(Error::NullFunctionPointer)?;
        Ok(Self {
            sign,
            _library: library,
        })
    }

    /// Ends the signature that `Session::sign_init` began on this session.
    pub(crate) fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>> {
        let mut signature = [0; ROOM];
        let mut length = CK_ULONG::try_from(ROOM)?;
        let data_length = CK_ULONG::try_from(data.len())?;
        // SAFETY: `sign` points into a library that `self` keeps loaded. The session is open, and
        // used by one thread at a time (`Session` is not `Sync`). `data` is valid for `data_length`
        // bytes and is only read (§5.13.2; the missing `const` is the C header's). `signature` is
        // valid for `length` bytes, and nothing keeps a pointer past the call.
        let rv = unsafe {
            (self.sign)(
                session.handle(),
                data.as_ptr().cast_mut(),
                data_length,
                signature.as_mut_ptr(),
                &raw mut length,
            )
        };
        Rv::from(rv).into_result(Function::Sign)?;
        // A module that claims more than there was room for is not believed.
        signature
            .get(..usize::try_from(length)?)
            .map(<[u8]>::to_vec)
            .ok_or(Error::Pkcs11(RvError::BufferTooSmall, Function::Sign))
    }
}

impl fmt::Debug for RawSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawSign")
    }
}
