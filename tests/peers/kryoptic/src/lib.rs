//! kryoptic as a PKCS#11 module: the three entry points of the specification.
//!
//! Configuration is one TOML file named by the environment variable
//! `KRYOPTIC_CONF`, read at `C_Initialize`:
//!
//! ```toml
//! [ec_point_encoding]        # optional
//! encoding = "Bytes"         # default: raw points; "Der": in an OCTET STRING
//!
//! [[slots]]
//! slot = 7                   # the slot id, used as it stands
//! dbtype = "sqlite"
//! dbargs = "/dir/token.sql"  # created at C_InitToken; its directory must exist
//! ```
//!
//! `slot` is what C_GetSlotList returns, not an index into the file; every
//! `[[slots]]` is one token with a database of its own. A slot whose database
//! does not exist yet shows an uninitialised token.

use kryoptic_lib::fns::general::{fn_get_function_list, fn_get_interface, fn_get_interface_list};
use kryoptic_lib::pkcs11::*;

/// The PKCS#11 2.x entry point.
#[unsafe(no_mangle)]
pub extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
    fn_get_function_list(list)
}

/// The PKCS#11 3.x entry point.
#[unsafe(no_mangle)]
pub extern "C" fn C_GetInterface(
    name: CK_UTF8CHAR_PTR,
    version: CK_VERSION_PTR,
    interface: CK_INTERFACE_PTR_PTR,
    flags: CK_FLAGS,
) -> CK_RV {
    fn_get_interface(name, version, interface, flags)
}

/// Lists the interfaces that [`C_GetInterface`] can return.
#[unsafe(no_mangle)]
pub extern "C" fn C_GetInterfaceList(list: CK_INTERFACE_PTR, count: CK_ULONG_PTR) -> CK_RV {
    fn_get_interface_list(list, count)
}
