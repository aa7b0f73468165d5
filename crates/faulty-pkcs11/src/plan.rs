//! What goes wrong, and when.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cryptoki_sys::{CK_FLAGS, CK_RV, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT};
use serde::{Deserialize, Serialize};

/// The variable that names the plan's file.
pub const PLAN_VARIABLE: &str = "FAULTY_PKCS11_PLAN";

/// How the module behaves. The default adds no fault to the real module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The real module's shared library; opened once, at the first call.
    pub real: PathBuf,
    /// Faults by function; the first rule that applies to a call wins.
    pub rules: Vec<Rule>,
    /// `CKF_…` bits that every token claims on top of its own, such as
    /// `CKF_USER_PIN_FINAL_TRY`.
    pub token_flags: CK_FLAGS,
    /// A keypad: tokens claim `CKF_PROTECTED_AUTHENTICATION_PATH`, and a login without a PIN
    /// is one with this PIN.
    pub keypad_pin: Option<String>,
    /// `C_OpenSession` answers `CKR_SESSION_COUNT` beyond so many.
    pub max_sessions: Option<usize>,
    /// Where each intercepted call appends its function's name and a line feed.
    pub journal: Option<PathBuf>,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The function, such as `C_Sign`.
    pub function: String,
    /// Which of its calls, counted since the plan last changed.
    pub when: When,
    /// What happens then.
    pub action: Action,
}

/// Which calls a rule applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// All.
    Always,
    /// The first so many.
    First(u64),
    /// Every n-th: with 3 the third, the sixth…
    Every(u64),
    /// All but the first so many.
    After(u64),
}

/// What happens instead of, or before, or after the real call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Returns this `CKR_…` code without calling the real module.
    Fail(CK_RV),
    /// Waits so many milliseconds, then calls the real module.
    Hang(u64),
    /// `C_Sign` only: flips a bit of the signature.
    Corrupt,
    /// `C_Sign` only: claims that the signature is one byte shorter.
    Truncate,
}

impl When {
    /// Whether the call of this number (from 1) is meant.
    pub(crate) fn applies(self, call: u64) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => call <= count,
            Self::Every(step) => step > 0 && call.is_multiple_of(step),
            Self::After(count) => call > count,
        }
    }
}

impl Plan {
    /// A plan without faults.
    #[must_use]
    pub fn new(real: impl Into<PathBuf>) -> Self {
        Self {
            real: real.into(),
            ..Self::default()
        }
    }

    /// Adds a fault.
    #[must_use]
    pub fn rule(mut self, function: &str, when: When, action: Action) -> Self {
        self.rules.push(Rule {
            function: function.to_owned(),
            when,
            action,
        });
        self
    }

    /// The token was pulled out: sessions answer `CKR_DEVICE_REMOVED`, slots
    /// `CKR_TOKEN_NOT_PRESENT`.
    #[must_use]
    pub fn token_removed(mut self) -> Self {
        for function in ["C_OpenSession", "C_GetTokenInfo"] {
            self = self.rule(function, When::Always, Action::Fail(CKR_TOKEN_NOT_PRESENT));
        }
        for function in [
            "C_Login",
            "C_GetSessionInfo",
            "C_FindObjectsInit",
            "C_FindObjects",
            "C_GetAttributeValue",
            "C_SignInit",
            "C_Sign",
            "C_GenerateKeyPair",
            "C_DestroyObject",
        ] {
            self = self.rule(function, When::Always, Action::Fail(CKR_DEVICE_REMOVED));
        }
        self
    }

    /// Writes the plan so that a module never reads half of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let draft = file.with_extension("draft");
        fs::write(&draft, serde_json::to_vec(self)?)?;
        fs::rename(draft, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_chosen_by_number() {
        let chosen = |when: When| (1..=6).filter(|n| when.applies(*n)).collect::<Vec<_>>();
        assert_eq!(chosen(When::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(chosen(When::First(2)), [1, 2]);
        assert_eq!(chosen(When::Every(3)), [3, 6]);
        assert_eq!(chosen(When::After(4)), [5, 6]);
    }
}
