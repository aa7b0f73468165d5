//! A module in front of a real token that fails on demand (`crates/faulty-pkcs11`).

use std::path::PathBuf;
use std::sync::Mutex;

pub use faulty_pkcs11::{Action, Plan, When};

use super::{TestToken, configuration};

/// A token behind the faulty module. There is one plan per test process.
#[derive(Debug)]
pub struct Faulty {
    /// The token, by way of the faulty module.
    pub token: TestToken,
    plan: Mutex<Plan>,
    file: PathBuf,
    journal: PathBuf,
}

impl Faulty {
    /// Puts the faulty module in front of a token; no fault yet.
    #[must_use]
    pub fn wrap(token: &TestToken) -> Self {
        let (name, file) = configuration(faulty_pkcs11::PLAN_VARIABLE);
        let journal = file.with_extension("journal");
        let plan = Plan {
            journal: Some(journal.clone()),
            ..Plan::new(&token.module)
        };
        plan.write(&file).expect("the plan can be written");
        let module = faulty_pkcs11::built_module();
        let token = TestToken {
            module: module.unwrap_or_else(|error| panic!("{error}")),
            plan: Some((name, file.clone())),
            ..token.clone()
        };
        Self {
            token,
            plan: Mutex::new(plan),
            file,
            journal,
        }
    }

    /// Replaces the faults: the closure gets a plan without any. Counts start anew.
    pub fn plan(&self, change: impl FnOnce(Plan) -> Plan) {
        let mut plan = self.plan.lock().expect("the plan");
        let sound = Plan {
            journal: Some(self.journal.clone()),
            ..Plan::new(&plan.real)
        };
        *plan = change(sound);
        plan.write(&self.file).expect("the plan can be written");
    }

    /// Adds one fault to those there are. Counts start anew.
    pub fn fault(&self, function: &str, when: When, action: Action) {
        let mut plan = self.plan.lock().expect("the plan");
        *plan = plan.clone().rule(function, when, action);
        plan.write(&self.file).expect("the plan can be written");
    }

    /// Heals the module.
    pub fn heal(&self) {
        self.plan(|plan| plan);
    }

    /// How often a function has been called, such as `C_Login`; for `C_Sign`, how often with room
    /// for a signature.
    #[must_use]
    pub fn calls(&self, function: &str) -> usize {
        let journal = std::fs::read_to_string(&self.journal).unwrap_or_default();
        journal.lines().filter(|line| *line == function).count()
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::KeyAlgorithm;

    use super::*;
    use crate::program::Output;
    use crate::token::softhsm;

    /// RSA, since this pkcs11-tool signs with nothing else on SoftHSM.
    fn sign(token: &TestToken) -> Output {
        let sign = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01"];
        token.tool_as_user().args(sign).stdin("message").run()
    }

    #[test]
    fn without_a_plan_of_faults_it_is_the_real_module() {
        let faulty = Faulty::wrap(&softhsm::token("sound"));
        faulty.token.generate(KeyAlgorithm::Rsa(2048), "key", "01");
        assert_eq!(sign(&faulty.token).success().stdout.len(), 256);
        assert!(faulty.calls("C_Login") > 0);
        assert_eq!(faulty.calls("C_NoSuchFunction"), 0);
    }

    #[test]
    fn each_fault_shows() {
        let faulty = Faulty::wrap(&softhsm::token("faulty"));
        faulty.token.generate(KeyAlgorithm::Rsa(2048), "key", "01");
        let good = sign(&faulty.token).success().stdout;

        faulty.fault("C_Sign", When::Always, Action::Corrupt);
        let corrupt = sign(&faulty.token).success().stdout;
        assert_eq!((corrupt.len(), corrupt[0]), (256, good[0] ^ 1));
        faulty.plan(|plan| plan.rule("C_Sign", When::Always, Action::Truncate));
        assert_eq!(sign(&faulty.token).success().stdout.len(), 255);
        faulty.plan(|plan| plan.rule("C_SignInit", When::Always, Action::Fail(0x30)));
        sign(&faulty.token).failure().stderr_has("CKR_DEVICE_ERROR");
        faulty.plan(|plan| Plan {
            max_sessions: Some(0),
            ..plan
        });
        sign(&faulty.token)
            .failure()
            .stderr_has("CKR_SESSION_COUNT");
        faulty.plan(Plan::token_removed);
        sign(&faulty.token).failure();
        faulty.plan(|plan| Plan {
            token_flags: 0x0002_0000,
            ..plan
        });
        assert!(faulty.token.flags().contains("final user PIN try"));
        faulty.heal();
        assert_eq!(sign(&faulty.token).success().stdout, good);
    }
}
