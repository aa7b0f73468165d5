//! Tokens as their modules describe them, and which one a URI means.

use cryptoki::slot::{Slot, SlotInfo, TokenInfo};

use crate::error::{PinTries, Pkcs11Error, TokenProblem};
use crate::module::{Library, Module};
use crate::uri::TokenFilter;

/// A slot with a token, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
// The flags are the standard's (PKCS#11 §3.2), each independent of the others.
#[allow(clippy::struct_excessive_bools)]
pub struct TokenDescription {
    /// The token's label, without padding.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its model.
    pub model: String,
    /// Its manufacturer.
    pub manufacturer: String,
    /// The slot's number. `SoftHSM` derives it from the serial: not to be kept.
    pub slot_id: u64,
    /// What the slot is called.
    pub slot_description: String,
    /// Who made the slot (the reader).
    pub slot_manufacturer: String,
    /// `CKF_TOKEN_INITIALIZED`.
    pub initialized: bool,
    /// `CKF_USER_PIN_INITIALIZED`.
    pub user_pin_initialized: bool,
    /// `CKF_LOGIN_REQUIRED`.
    pub login_required: bool,
    /// `CKF_PROTECTED_AUTHENTICATION_PATH`: the PIN is typed on the device itself.
    pub protected_authentication_path: bool,
    /// How many wrong user PINs it still takes.
    pub user_pin: PinTries,
}

impl TokenDescription {
    fn new(slot: Slot, about: &SlotInfo, token: &TokenInfo) -> Self {
        Self {
            label: token.label().to_owned(),
            serial: token.serial_number().to_owned(),
            model: token.model().to_owned(),
            manufacturer: token.manufacturer_id().to_owned(),
            slot_id: slot.id(),
            slot_description: about.slot_description().to_owned(),
            slot_manufacturer: about.manufacturer_id().to_owned(),
            initialized: token.token_initialized(),
            user_pin_initialized: token.user_pin_initialized(),
            login_required: token.login_required(),
            protected_authentication_path: token.protected_authentication_path(),
            user_pin: tries(token),
        }
    }

    /// Whether a URI's token attributes mean this one.
    fn matches(&self, filter: &TokenFilter, library: &Library) -> bool {
        let same =
            |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        same(&filter.label, &self.label)
            && same(&filter.serial, &self.serial)
            && same(&filter.model, &self.model)
            && same(&filter.manufacturer, &self.manufacturer)
            && filter.slot_id.is_none_or(|wanted| wanted == self.slot_id)
            && same(&filter.slot_description, &self.slot_description)
            && same(&filter.slot_manufacturer, &self.slot_manufacturer)
            && same(&filter.library_description, &library.description)
            && same(&filter.library_manufacturer, &library.manufacturer)
            && same(&filter.library_version, &library.version)
    }

    fn summary(&self) -> String {
        format!(
            "{:?} (serial {}, slot-id {})",
            self.label, self.serial, self.slot_id
        )
    }
}

fn tries(token: &TokenInfo) -> PinTries {
    if token.user_pin_locked() {
        PinTries::Locked
    } else if token.user_pin_final_try() {
        PinTries::FinalTry
    } else if token.user_pin_count_low() {
        PinTries::CountLow
    } else {
        PinTries::Fine
    }
}

/// One slot's token. The caller holds the start lock: `SoftHSM` reads its token file for this.
pub(crate) fn describe(module: &Module, slot: Slot) -> Result<TokenDescription, Pkcs11Error> {
    let failed = Pkcs11Error::device;
    let about = module
        .context
        .get_slot_info(slot)
        .map_err(failed("reading the slot's description"))?;
    let token = module
        .context
        .get_token_info(slot)
        .map_err(failed("reading the token's description"))?;
    Ok(TokenDescription::new(slot, &about, &token))
}

/// Every token of a module, initialised or not. The caller holds the start lock.
pub(crate) fn all(module: &Module) -> Result<Vec<(Slot, TokenDescription)>, Pkcs11Error> {
    let slots = module
        .context
        .get_slots_with_token()
        .map_err(Pkcs11Error::device("listing slots"))?;
    // A slot whose token cannot be described (just removed, say) is not one that can be used.
    Ok(slots
        .into_iter()
        .filter_map(|slot| Some((slot, describe(module, slot).ok()?)))
        .collect())
}

/// Every initialised token that matches. The caller holds the start lock.
pub(crate) fn matching(
    module: &Module,
    filter: &TokenFilter,
) -> Result<Vec<(Slot, TokenDescription)>, Pkcs11Error> {
    let mut tokens = all(module)?;
    tokens.retain(|(_, token)| token.initialized && token.matches(filter, &module.library));
    Ok(tokens)
}

/// The one token that matches. The caller holds the start lock.
pub(crate) fn select(
    module: &Module,
    filter: &TokenFilter,
) -> Result<(Slot, TokenDescription), Pkcs11Error> {
    let tokens = all(module)?;
    let usable = tokens.into_iter().filter(|(_, token)| token.initialized);
    let (mut matching, others): (Vec<_>, Vec<_>) =
        usable.partition(|(_, token)| token.matches(filter, &module.library));
    let names = |tokens: &[(Slot, TokenDescription)]| {
        tokens.iter().map(|(_, token)| token.summary()).collect()
    };
    match matching.len() {
        1 => Ok(matching.remove(0)),
        0 => Err(Pkcs11Error::Token {
            problem: TokenProblem::None(names(&others)),
        }),
        _ => Err(Pkcs11Error::Token {
            problem: TokenProblem::Several(names(&matching)),
        }),
    }
}
