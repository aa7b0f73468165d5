//! Logging in: lazily, once per token, one attempt per PIN.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use touchmark_core::SecretString;
use touchmark_core::interaction::{PinRequest, PinUser, SecretSource};

use crate::ckr;
use crate::connection::Connection;
use crate::error::{PinProblem, PinTries, Pkcs11Error};
use crate::seat::Clock;
use crate::token::{self, TokenDescription};

/// Between two looks at whether another thread has logged in.
const POLL: Duration = Duration::from_millis(1);
/// For typing a PIN on the device itself; the module waits inside `C_Login` meanwhile.
const KEYPAD: Duration = Duration::from_mins(2);

impl Connection {
    /// Logs the user in, unless some session of this process already is, or the token asks for no
    /// login.
    pub(crate) fn log_in(
        &self,
        session: &Session,
        source: Option<&SecretSource>,
        clock: Clock<'_>,
    ) -> Result<(), Pkcs11Error> {
        if is_logged_in(session)? {
            return Ok(());
        }
        let mut refused = self.wait_at_gate(clock);
        if is_logged_in(session)? {
            return Ok(());
        }
        let token = match self.fresh_description() {
            Some(token) => token,
            None => self.look()?,
        };
        if !token.login_required {
            return Ok(());
        }
        self.attempt(&mut refused, &token, source, clock, UserType::User, session)
    }

    /// Logs the user in for the one operation that was begun on the session
    /// (`CKA_ALWAYS_AUTHENTICATE`). The PIN is asked for each time.
    pub(crate) fn log_in_for_operation(
        &self,
        session: &Session,
        source: Option<&SecretSource>,
        clock: Clock<'_>,
    ) -> Result<(), Pkcs11Error> {
        let mut refused = self.wait_at_gate(clock);
        let token = self.look()?;
        let user = UserType::ContextSpecific;
        self.attempt(&mut refused, &token, source, clock, user, session)
    }

    fn attempt(
        &self,
        refused: &mut Option<PinProblem>,
        token: &TokenDescription,
        source: Option<&SecretSource>,
        clock: Clock<'_>,
        user: UserType,
        session: &Session,
    ) -> Result<(), Pkcs11Error> {
        let fail = |problem| Pkcs11Error::Pin {
            token: token.label.clone(),
            problem,
        };
        if let Some(problem) = *refused {
            return Err(fail(problem));
        }
        if let Some(problem) = before_trying(token, self.use_final_pin_try) {
            return Err(fail(problem));
        }
        let pin = if token.protected_authentication_path {
            let note = format!("enter the PIN of token {:?} on the device", token.label);
            self.interaction.notify(&note);
            clock.allow(KEYPAD);
            None
        } else {
            let asked = self.ask(token, source, user, clock)?;
            Some(asked.ok_or_else(|| fail(PinProblem::Missing))?)
        };
        let result = {
            let _turn = self.turns.wait(&self.module.path)?;
            session.login(user, pin.as_ref())
        };
        clock.restart();
        match result {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => {
                *refused = self.refusal(&error);
                Err(match *refused {
                    Some(problem) => fail(problem),
                    None => Pkcs11Error::device("logging in")(error),
                })
            }
        }
    }

    fn ask(
        &self,
        token: &TokenDescription,
        source: Option<&SecretSource>,
        user: UserType,
        clock: Clock<'_>,
    ) -> Result<Option<SecretString>, Pkcs11Error> {
        if let Some(source) = source {
            return Ok(Some(source.read()?));
        }
        if token.user_pin == PinTries::CountLow {
            self.interaction.notify(&format!(
                "a wrong PIN was entered for token {:?} before: few tries may be left",
                token.label
            ));
        }
        let request = PinRequest {
            token: token.label.clone(),
            serial: token.serial.clone(),
            user: match user {
                UserType::ContextSpecific => PinUser::ContextSpecific,
                _ => PinUser::User,
            },
            tries_left: (token.user_pin == PinTries::FinalTry).then_some(1),
        };
        self.asking.store(true, Ordering::Release);
        let pin = clock.paused(|| self.interaction.pin(&request));
        self.asking.store(false, Ordering::Release);
        Ok(pin?)
    }

    /// What a failed login says about the PIN, with what the token says now.
    fn refusal(&self, error: &Error) -> Option<PinProblem> {
        match ckr::code(error)? {
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => {
                let tries = self.look().map_or(PinTries::Fine, |token| token.user_pin);
                Some(PinProblem::Wrong(tries))
            }
            RvError::PinLocked => Some(PinProblem::Locked),
            RvError::PinExpired => Some(PinProblem::Expired),
            RvError::UserPinNotInitialized => Some(PinProblem::NotInitialized),
            _ => None,
        }
    }

    /// The token as it is now.
    fn look(&self) -> Result<TokenDescription, Pkcs11Error> {
        let _turn = self.turns.wait(&self.module.path)?;
        token::describe(&self.module, self.slot())
    }

    /// Waits until no other thread logs in. While a person is asked there, time stands still here.
    fn wait_at_gate(&self, clock: Clock<'_>) -> MutexGuard<'_, Option<PinProblem>> {
        loop {
            match self.gate.try_lock() {
                Ok(gate) => return gate,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    if self.asking.load(Ordering::Acquire) {
                        clock.restart();
                    }
                    thread::sleep(POLL);
                }
            }
        }
    }
}

pub(crate) fn is_logged_in(session: &Session) -> Result<bool, Pkcs11Error> {
    let info = session
        .get_session_info()
        .map_err(Pkcs11Error::device("reading the session's state"))?;
    Ok(matches!(
        info.session_state(),
        SessionState::RoUser | SessionState::RwUser
    ))
}

/// Why a PIN must not even be tried.
fn before_trying(token: &TokenDescription, use_final_try: bool) -> Option<PinProblem> {
    if !token.user_pin_initialized {
        return Some(PinProblem::NotInitialized);
    }
    match token.user_pin {
        PinTries::Locked => Some(PinProblem::Locked),
        PinTries::FinalTry if !use_final_try => Some(PinProblem::FinalTry),
        PinTries::FinalTry | PinTries::CountLow | PinTries::Fine => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(user_pin: PinTries, user_pin_initialized: bool) -> TokenDescription {
        TokenDescription {
            label: "t".into(),
            serial: "1".into(),
            model: String::new(),
            manufacturer: String::new(),
            slot_id: 0,
            slot_description: String::new(),
            slot_manufacturer: String::new(),
            initialized: true,
            user_pin_initialized,
            login_required: true,
            protected_authentication_path: false,
            user_pin,
        }
    }

    #[test]
    fn a_pin_that_could_lock_or_cannot_work_is_not_tried() {
        let why = |tries, set, last| before_trying(&token(tries, set), last);
        assert_eq!(why(PinTries::Fine, true, false), None);
        assert_eq!(why(PinTries::CountLow, true, false), None);
        assert_eq!(
            why(PinTries::FinalTry, true, false),
            Some(PinProblem::FinalTry)
        );
        assert_eq!(why(PinTries::FinalTry, true, true), None);
        assert_eq!(why(PinTries::Locked, true, true), Some(PinProblem::Locked));
        assert_eq!(
            why(PinTries::Fine, false, true),
            Some(PinProblem::NotInitialized)
        );
    }
}
