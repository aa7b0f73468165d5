//! The PKCS#11 interface: the real module's function list with some entries replaced.
//!
//! Unsafe code, because that is C. The argument for all of it: each wrapper passes its arguments
//! on, unchanged, to the real function of the same name, so it is sound where the caller keeps
//! PKCS#11's rules; what wrappers themselves read or write through a pointer is what the standard
//! lets the real function read or write through it. The real library is never unloaded.
#![allow(unsafe_code, non_snake_case)]

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BBOOL, CK_BYTE, CK_FLAGS, CK_FUNCTION_LIST, CK_MECHANISM, CK_MECHANISM_TYPE,
    CK_NOTIFY, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SESSION_INFO, CK_SLOT_ID,
    CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CK_USER_TYPE, CK_UTF8CHAR,
    CKF_PROTECTED_AUTHENTICATION_PATH, CKR_ARGUMENTS_BAD, CKR_FUNCTION_NOT_SUPPORTED,
    CKR_GENERAL_ERROR, CKR_OK, CKR_SESSION_COUNT,
};
use libloading::Library;

use crate::calls::{Fate, decide, plan};
use crate::plan::Action;

/// The real module's functions, and ours; filled by the first `C_GetFunctionList`.
static LISTS: OnceLock<Option<Lists>> = OnceLock::new();
/// How many sessions are open through this module.
static SESSIONS: AtomicUsize = AtomicUsize::new(0);

struct Lists {
    real: CK_FUNCTION_LIST,
    ours: CK_FUNCTION_LIST,
}

type GetFunctionList = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;

/// The one symbol a PKCS#11 2.40 module must export.
///
/// # Safety
/// `list` is null or points to writable memory for one pointer.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    match LISTS.get_or_init(load) {
        Some(lists) => {
            // Callers only read through it: the standard gives them no business to write.
            unsafe { *list = ptr::from_ref(&lists.ours).cast_mut() };
            CKR_OK
        }
        None => CKR_GENERAL_ERROR,
    }
}

fn load() -> Option<Lists> {
    let path = plan()?.real;
    let real = unsafe { open(&path) };
    match real {
        Ok(real) => Some(Lists {
            real,
            ours: replaced(real),
        }),
        Err(error) => {
            eprintln!("faulty-pkcs11: {} cannot be used: {error}", path.display());
            None
        }
    }
}

unsafe fn open(path: &std::path::Path) -> Result<CK_FUNCTION_LIST, Box<dyn std::error::Error>> {
    // Leaked on purpose: the function pointers must stay good until the process ends.
    let library = Box::leak(Box::new(unsafe { Library::new(path) }?));
    let entry = unsafe { library.get::<GetFunctionList>(b"C_GetFunctionList\0") }?;
    let mut list = ptr::null_mut();
    let code = unsafe { entry(&raw mut list) };
    if code != CKR_OK || list.is_null() {
        return Err(format!("C_GetFunctionList answered {code:#x}").into());
    }
    Ok(unsafe { *list })
}

/// Calls the real function of that name.
macro_rules! real {
    ($name:ident($($arg:expr),*)) => {
        match LISTS.get().and_then(Option::as_ref).and_then(|lists| lists.real.$name) {
            Some(function) => unsafe { function($($arg),*) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

/// Functions that only ever fail or wait.
macro_rules! plain {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        $(unsafe extern "C" fn $name($($arg: $type),*) -> CK_RV {
            match decide(stringify!($name)) {
                Fate::Fail(code) => code,
                Fate::Pass | Fate::Spoil(_) => real!($name($($arg),*)),
            }
        })*

        fn replaced(real: CK_FUNCTION_LIST) -> CK_FUNCTION_LIST {
            CK_FUNCTION_LIST {
                $($name: Some($name),)*
                C_GetFunctionList: Some(C_GetFunctionList),
                C_GetTokenInfo: Some(C_GetTokenInfo),
                C_OpenSession: Some(C_OpenSession),
                C_CloseSession: Some(C_CloseSession),
                C_CloseAllSessions: Some(C_CloseAllSessions),
                C_Login: Some(C_Login),
                C_Sign: Some(C_Sign),
                ..real
            }
        }
    };
}

plain! {
    C_Initialize(args: *mut std::ffi::c_void);
    C_Finalize(reserved: *mut std::ffi::c_void);
    C_GetSlotList(present: CK_BBOOL, slots: *mut CK_SLOT_ID, count: *mut CK_ULONG);
    C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO);
    C_GetMechanismList(slot: CK_SLOT_ID, list: *mut CK_MECHANISM_TYPE, count: *mut CK_ULONG);
    C_GetSessionInfo(session: CK_SESSION_HANDLE, info: *mut CK_SESSION_INFO);
    C_Logout(session: CK_SESSION_HANDLE);
    C_FindObjectsInit(session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG);
    C_FindObjects(session: CK_SESSION_HANDLE, objects: *mut CK_OBJECT_HANDLE, max: CK_ULONG, count: *mut CK_ULONG);
    C_GetAttributeValue(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG);
    C_SetAttributeValue(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG);
    C_CreateObject(session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG, object: *mut CK_OBJECT_HANDLE);
    C_DestroyObject(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE);
    C_SignInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE);
    C_GenerateKeyPair(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, public: *mut CK_ATTRIBUTE, public_count: CK_ULONG, private: *mut CK_ATTRIBUTE, private_count: CK_ULONG, public_key: *mut CK_OBJECT_HANDLE, private_key: *mut CK_OBJECT_HANDLE);
}

unsafe extern "C" fn C_GetTokenInfo(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    if let Fate::Fail(code) = decide("C_GetTokenInfo") {
        return code;
    }
    let code = real!(C_GetTokenInfo(slot, info));
    if let (CKR_OK, Some(plan)) = (code, plan()) {
        let keypad = plan
            .keypad_pin
            .map_or(0, |_| CKF_PROTECTED_AUTHENTICATION_PATH);
        // The real module has just filled it in.
        unsafe { (*info).flags |= plan.token_flags | keypad };
    }
    code
}

unsafe extern "C" fn C_OpenSession(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: *mut std::ffi::c_void,
    notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    if let Fate::Fail(code) = decide("C_OpenSession") {
        return code;
    }
    let max = plan()
        .and_then(|plan| plan.max_sessions)
        .unwrap_or(usize::MAX);
    if SESSIONS.fetch_add(1, Ordering::SeqCst) >= max {
        SESSIONS.fetch_sub(1, Ordering::SeqCst);
        return CKR_SESSION_COUNT;
    }
    let code = real!(C_OpenSession(slot, flags, application, notify, session));
    if code != CKR_OK {
        SESSIONS.fetch_sub(1, Ordering::SeqCst);
    }
    code
}

unsafe extern "C" fn C_CloseSession(session: CK_SESSION_HANDLE) -> CK_RV {
    if let Fate::Fail(code) = decide("C_CloseSession") {
        return code;
    }
    let code = real!(C_CloseSession(session));
    if code == CKR_OK {
        SESSIONS.fetch_sub(1, Ordering::SeqCst);
    }
    code
}

unsafe extern "C" fn C_CloseAllSessions(slot: CK_SLOT_ID) -> CK_RV {
    if let Fate::Fail(code) = decide("C_CloseAllSessions") {
        return code;
    }
    let code = real!(C_CloseAllSessions(slot));
    if code == CKR_OK {
        // Tests use one token at a time, so one slot's sessions are all there are.
        SESSIONS.store(0, Ordering::SeqCst);
    }
    code
}

unsafe extern "C" fn C_Login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    if let Fate::Fail(code) = decide("C_Login") {
        return code;
    }
    match plan().and_then(|plan| plan.keypad_pin) {
        Some(mut typed) if pin.is_null() => {
            let length = typed.len() as CK_ULONG;
            real!(C_Login(session, user, typed.as_mut_ptr(), length))
        }
        _ => real!(C_Login(session, user, pin, length)),
    }
}

unsafe extern "C" fn C_Sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    length: *mut CK_ULONG,
) -> CK_RV {
    // Without a buffer it is a question for the length, not a signature.
    let fate = if signature.is_null() {
        Fate::Pass
    } else {
        decide("C_Sign")
    };
    if let Fate::Fail(code) = fate {
        return code;
    }
    let code = real!(C_Sign(session, data, data_length, signature, length));
    if let (CKR_OK, Fate::Spoil(action)) = (code, fate) {
        // The real module has just written so many bytes there, at least one.
        unsafe {
            match action {
                Action::Truncate => *length -= 1,
                _ => *signature ^= 1,
            }
        }
    }
    code
}
