//! The judge: a process of its own, with limits, for one question.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use regorus::{Engine, QueryResults, Value};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::question::{Answer, Received};

/// How the judge is called; no verb for people.
pub(crate) const VERB: &str = "judge-policy";

/// As cosign asks.
const QUERY: &str = "data.signature.allow";

/// Of address space, in bytes.
const MEMORY: u64 = 1024 * 1024 * 1024;

/// Of one core, in seconds. The caller's deadline comes first, where the caller lives.
const SECONDS: u64 = 6;

pub(crate) fn is_called(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, verb] if verb == VERB)
}

/// Answers the question on standard input.
pub(crate) fn main() -> ExitCode {
    let answered = limit().and_then(|()| answer());
    ExitCode::from(u8::from(answered.is_err()))
}

fn limit() -> io::Result<()> {
    for (resource, most) in [(Resource::As, MEMORY), (Resource::Cpu, SECONDS)] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

fn answer() -> io::Result<()> {
    let mut question = Vec::new();
    io::stdin().lock().read_to_end(&mut question)?;
    let question: Received = serde_json::from_slice(&question)?;
    let answer = serde_json::to_vec(&evaluate(question))?;
    io::stdout().lock().write_all(&answer)
}

fn evaluate(question: Received) -> Answer {
    match query(question) {
        Ok(results) => verdict(&results),
        Err(error) => Answer::Malformed(format!("{error:#}")),
    }
}

fn query(question: Received) -> Result<QueryResults, Box<dyn std::error::Error>> {
    let mut engine = Engine::new();
    engine.set_rego_v0(true);
    // As in OPA, a built-in that fails leaves its expression undefined.
    engine.set_strict_builtin_errors(false);
    engine.set_gather_prints(true);
    for policy in question.policies {
        engine.add_policy(policy.name, policy.text)?;
    }
    engine.set_input(Value::from_json_str(&question.input)?);
    Ok(engine.eval_query(QUERY.to_owned(), false)?)
}

/// Yes is one result with one expression that is true, and nothing bound.
fn verdict(results: &QueryResults) -> Answer {
    let values = || results.result.iter().flat_map(|result| &result.expressions);
    let is_bound = results
        .result
        .iter()
        .any(|result| result.bindings.as_object().is_ok_and(|map| !map.is_empty()));
    let is_true = values().all(|expression| expression.value == Value::Bool(true));
    if results.result.len() == 1 && values().count() == 1 && is_true && !is_bound {
        return Answer::Allowed;
    }
    let found: Vec<String> = values()
        .filter(|expression| expression.value != Value::Undefined)
        .map(|expression| format!("{QUERY} is {}, not true", expression.value))
        .collect();
    Answer::Denied(if found.is_empty() {
        vec![format!("{QUERY} is undefined")]
    } else {
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::question::Source;

    fn judged(policy: &str, input: &str) -> Answer {
        evaluate(Received {
            policies: vec![Source {
                name: "p.rego".into(),
                text: policy.into(),
            }],
            input: input.into(),
        })
    }

    #[test]
    fn only_true_is_yes() {
        let policy = "package signature\nallow { input.predicate.Data == \"ok\" }";
        let input = |data| format!("{{\"predicate\":{{\"Data\":\"{data}\"}}}}");
        assert_eq!(judged(policy, &input("ok")), Answer::Allowed);
        let undefined = Answer::Denied(vec!["data.signature.allow is undefined".into()]);
        assert_eq!(judged(policy, &input("no")), undefined);
        let told = |value: &str| {
            Answer::Denied(vec![format!("data.signature.allow is {value}, not true")])
        };
        let defaults = "package signature\ndefault allow = false";
        assert_eq!(judged(defaults, "{}"), told("false"));
        assert_eq!(judged("package signature\nallow = 1", "{}"), told("1"));
        assert_eq!(judged("package other\nallow = true", "{}"), undefined);
    }

    #[test]
    fn what_cannot_be_understood_is_malformed() {
        for (policy, input) in [
            ("package", "{}"),
            ("package signature\nallow { http.send({}) }", "{}"),
            ("package signature\nallow = true", "{"),
        ] {
            assert!(
                matches!(judged(policy, input), Answer::Malformed(_)),
                "{policy}"
            );
        }
    }
}
