//! PKCS#11 as a C program calls it: straight from the function list, nothing checked twice.
#![allow(unsafe_code)]
#![allow(
    dead_code,
    reason = "the one-shot and the benchmark use different parts"
)]

use std::path::Path;
use std::ptr;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_C_INITIALIZE_ARGS, CK_FUNCTION_LIST, CK_MECHANISM, CK_MECHANISM_TYPE,
    CK_OBJECT_CLASS, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_TOKEN_INFO,
    CK_ULONG, CKA_CLASS, CKA_LABEL, CKF_OS_LOCKING_OK, CKF_SERIAL_SESSION, CKO_PRIVATE_KEY,
    CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_OK, CKR_USER_ALREADY_LOGGED_IN, CKU_USER,
};

/// A loaded and initialised module.
pub(crate) struct Module {
    functions: *const CK_FUNCTION_LIST,
    _library: cryptoki_sys::Pkcs11,
}

// SAFETY: the function list is read only, and the module was told that threads will call it.
unsafe impl Sync for Module {}

/// An open session, used by one thread at a time.
pub(crate) struct Session<'m> {
    module: &'m Module,
    handle: CK_SESSION_HANDLE,
}

/// Calls one function of the list; what it returns is checked by the caller.
macro_rules! call {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: the list lives as long as the library, and every pointer that is passed is valid
        // for the length that is passed with it.
        unsafe { ((*$module.functions).$name.expect("every module has it"))($($argument),*) }
    }};
}

fn check(rv: CK_RV) {
    assert_eq!(rv, CKR_OK, "the module failed");
}

fn length(of: usize) -> CK_ULONG {
    CK_ULONG::try_from(of).expect("a length")
}

impl Module {
    pub(crate) fn load(path: &Path) -> Self {
        // SAFETY: the path is that of a PKCS#11 module.
        let library = unsafe { cryptoki_sys::Pkcs11::new(path) }.expect("a module");
        let get = library.C_GetFunctionList.as_ref().expect("the one symbol");
        let mut list = ptr::null_mut();
        // SAFETY: §5.4 of PKCS#11: writes one pointer.
        check(unsafe { get(&raw mut list) });
        let module = Self {
            functions: list,
            _library: library,
        };
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            pReserved: ptr::null_mut(),
        };
        let rv = call!(module, C_Initialize((&raw mut arguments).cast()));
        assert!([CKR_OK, CKR_CRYPTOKI_ALREADY_INITIALIZED].contains(&rv));
        module
    }

    /// The slot of the token of this label.
    pub(crate) fn slot(&self, label: &str) -> CK_SLOT_ID {
        let mut slots = [0; 64];
        let mut count = length(slots.len());
        check(call!(
            self,
            C_GetSlotList(1, slots.as_mut_ptr(), &raw mut count)
        ));
        let found = &slots[..usize::try_from(count).expect("a count")];
        *found
            .iter()
            .find(|slot| self.label(**slot).trim_end() == label)
            .expect("the token")
    }

    fn label(&self, slot: CK_SLOT_ID) -> String {
        let mut info = CK_TOKEN_INFO::default();
        check(call!(self, C_GetTokenInfo(slot, &raw mut info)));
        String::from_utf8_lossy(&info.label).into_owned()
    }

    /// A session whose user is logged in.
    pub(crate) fn session(&self, slot: CK_SLOT_ID, pin: &str) -> Session<'_> {
        let mut handle = 0;
        check(call!(
            self,
            C_OpenSession(
                slot,
                CKF_SERIAL_SESSION,
                ptr::null_mut(),
                None,
                &raw mut handle
            )
        ));
        let pin_pointer = pin.as_ptr().cast_mut();
        let rv = call!(
            self,
            C_Login(handle, CKU_USER, pin_pointer, length(pin.len()))
        );
        assert!([CKR_OK, CKR_USER_ALREADY_LOGGED_IN].contains(&rv));
        Session {
            module: self,
            handle,
        }
    }

    pub(crate) fn finalize(self) {
        check(call!(self, C_Finalize(ptr::null_mut())));
    }
}

impl Session<'_> {
    /// The private key of this label.
    pub(crate) fn private_key(&self, label: &str) -> CK_OBJECT_HANDLE {
        let mut class: CK_OBJECT_CLASS = CKO_PRIVATE_KEY;
        let mut template = [
            CK_ATTRIBUTE {
                type_: CKA_CLASS,
                pValue: (&raw mut class).cast(),
                ulValueLen: length(size_of_val(&class)),
            },
            CK_ATTRIBUTE {
                type_: CKA_LABEL,
                pValue: label.as_ptr().cast_mut().cast(),
                ulValueLen: length(label.len()),
            },
        ];
        let (mut key, mut count) = (0, 0);
        let module = self.module;
        check(call!(
            module,
            C_FindObjectsInit(self.handle, template.as_mut_ptr(), length(template.len()))
        ));
        check(call!(
            module,
            C_FindObjects(self.handle, &raw mut key, 1, &raw mut count)
        ));
        check(call!(module, C_FindObjectsFinal(self.handle)));
        assert_eq!(count, 1, "no key {label}");
        key
    }

    /// Signs into a buffer and returns the signature's length.
    pub(crate) fn sign(
        &self,
        key: CK_OBJECT_HANDLE,
        mechanism: CK_MECHANISM_TYPE,
        data: &[u8],
        signature: &mut [u8],
    ) -> usize {
        let mut mechanism = CK_MECHANISM {
            mechanism,
            pParameter: ptr::null_mut(),
            ulParameterLen: 0,
        };
        let module = self.module;
        check(call!(
            module,
            C_SignInit(self.handle, &raw mut mechanism, key)
        ));
        let mut written = length(signature.len());
        check(call!(
            module,
            C_Sign(
                self.handle,
                data.as_ptr().cast_mut(),
                length(data.len()),
                signature.as_mut_ptr(),
                &raw mut written,
            )
        ));
        usize::try_from(written).expect("a length")
    }

    pub(crate) fn close(self) {
        check(call!(self.module, C_CloseSession(self.handle)));
    }
}
