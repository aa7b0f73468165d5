//! The plan in force, and how often each function was called under it.

use std::collections::HashMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cryptoki_sys::{CK_RV, CKR_GENERAL_ERROR};

use crate::plan::{Action, PLAN_VARIABLE, Plan};

/// Calls per function since the plan's text last changed.
static CALLS: Mutex<Option<Calls>> = Mutex::new(None);

struct Calls {
    text: Vec<u8>,
    plan: Plan,
    counts: HashMap<&'static str, u64>,
}

/// What becomes of one call.
pub(crate) enum Fate {
    /// The real module is not asked.
    Fail(CK_RV),
    /// It is asked, and the answer stays.
    Pass,
    /// It is asked, and the signature is changed afterwards.
    Spoil(Action),
}

/// The plan as it stands in the file now; `None`, with a line on standard error, where there is
/// no readable one.
pub(crate) fn plan() -> Option<Plan> {
    with_calls(|calls| calls.plan.clone())
}

/// Counts a call, writes it to the journal, and decides it; waits where the plan says so.
pub(crate) fn decide(function: &'static str) -> Fate {
    let Some((plan, number)) = with_calls(|calls| {
        let count = calls.counts.entry(function).or_default();
        *count += 1;
        (calls.plan.clone(), *count)
    }) else {
        return Fate::Fail(CKR_GENERAL_ERROR);
    };
    write_journal(&plan, function);
    let rule = plan
        .rules
        .iter()
        .find(|rule| rule.function == function && rule.when.applies(number));
    match rule.map(|rule| rule.action) {
        None => Fate::Pass,
        Some(Action::Fail(code)) => Fate::Fail(code),
        Some(Action::Hang(millis)) => {
            thread::sleep(Duration::from_millis(millis));
            Fate::Pass
        }
        Some(action @ (Action::Corrupt | Action::Truncate)) => Fate::Spoil(action),
    }
}

fn with_calls<T>(use_calls: impl FnOnce(&mut Calls) -> T) -> Option<T> {
    let text = env::var_os(PLAN_VARIABLE).and_then(|file| fs::read(file).ok());
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    let current = calls
        .take()
        .filter(|calls| Some(&calls.text) == text.as_ref());
    *calls = current.or_else(|| fresh(text));
    calls.as_mut().map(use_calls)
}

fn fresh(text: Option<Vec<u8>>) -> Option<Calls> {
    let Some(text) = text else {
        eprintln!("faulty-pkcs11: {PLAN_VARIABLE} names no readable file");
        return None;
    };
    match serde_json::from_slice(&text) {
        Ok(plan) => Some(Calls {
            text,
            plan,
            counts: HashMap::new(),
        }),
        Err(error) => {
            eprintln!("faulty-pkcs11: the plan cannot be read: {error}");
            None
        }
    }
}

fn write_journal(plan: &Plan, function: &str) {
    let Some(path) = &plan.journal else { return };
    // One write per line, so that lines of several threads stay whole.
    let file = OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(format!("{function}\n").as_bytes()))
    {
        eprintln!("faulty-pkcs11: the journal cannot be written: {error}");
    }
}
