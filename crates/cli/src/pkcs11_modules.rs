//! Where PKCS#11 modules are on this machine, for the commands that look at all of them.

use std::env;
use std::path::{Path, PathBuf};

use touchmark_core::KeyUri;
use touchmark_core::uri::percent_encode;

/// The default module, in order of precedence.
const VARIABLES: [&str; 2] = ["TOUCHMARK_PKCS11_MODULE", "COSIGN_PKCS11_MODULE_PATH"];

/// Where the usual packages put their modules, under each library folder.
const KNOWN: [&str; 10] = [
    "softhsm/libsofthsm2.so",
    "libsofthsm2.so",
    "libykcs11.so.2",
    "pkcs11/yubihsm_pkcs11.so",
    "opensc-pkcs11.so",
    "pkcs11/libtpm2_pkcs11.so",
    "libkryoptic_pkcs11.so",
    "libCryptoki2_64.so",
    "libcs_pkcs11_R3.so",
    "libcloudhsm_pkcs11.so",
];

/// Library folders, Debian's and Fedora's.
const FOLDERS: [&str; 5] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib",
];

/// Vendors' own folders.
const VENDORS: [&str; 4] = [
    "/opt/cloudhsm/lib/libcloudhsm_pkcs11.so",
    "/opt/nfast/toolkits/pkcs11/libcknfast.so",
    "/opt/utimaco/lib/libcs_pkcs11_R3.so",
    "/usr/safenet/lunaclient/lib/libCryptoki2_64.so",
];

/// The module that serves URIs without `module-path`.
pub(crate) fn default_module() -> Option<PathBuf> {
    VARIABLES
        .iter()
        .find_map(|name| env::var_os(name).filter(|path| !path.is_empty()))
        .map(PathBuf::from)
}

/// The modules that are installed in the usual places, each once.
pub(crate) fn installed() -> Vec<PathBuf> {
    let usual = FOLDERS
        .iter()
        .flat_map(|folder| KNOWN.map(|name| Path::new(folder).join(name)));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in usual.chain(VENDORS.map(PathBuf::from)) {
        if let Ok(path) = path.canonicalize()
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

/// The default module alone or, where none is set, the installed ones.
pub(crate) fn configured_or_installed() -> Vec<PathBuf> {
    default_module().map_or_else(installed, |module| vec![module])
}

/// A URI that matches every token of a module.
pub(crate) fn uri_of(module: &Path) -> KeyUri {
    let path = percent_encode(module.as_os_str().as_encoded_bytes());
    KeyUri::new("pkcs11", &format!("?module-path={path}"))
}
