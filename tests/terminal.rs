//! A person at a terminal: prompts for secrets without echo, and the progress bar. `script` of
//! util-linux gives the program a terminal of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use touchmark_core::KeyAlgorithm;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::program::{Output, Program, find};
use touchmark_testkit::token::softhsm;

const PROGRAM: &str = env!("CARGO_BIN_EXE_touchmark");

/// Gives a command a terminal, and answers each prompt once it is shown. Arguments: the command,
/// then prompts and answers in turn.
const PERSON: &str = r#"
command=$1; shift
rm -f typed shown; mkfifo typed; touch shown
script --quiet --return --flush --command "$command" /dev/null <typed >shown &
exec 3>typed
while [ $# -gt 0 ]; do
    until grep -qF -- "$1" shown; do kill -0 $! || break 2; sleep 0.02; done
    printf '%s\n' "$2" >&3
    shift 2
done
wait $!; code=$?
cat shown
exit $code
"#;

fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(find("bash"));
    touchmark.write("artifact", "what was signed\n");
    touchmark
}

/// Runs touchmark with these arguments on a terminal, where a person answers these prompts.
fn at_terminal(touchmark: &Touchmark, arguments: &str, answers: &[(&str, &str)]) -> Program {
    let command = format!("exec '{PROGRAM}' {arguments}");
    let answers = answers
        .iter()
        .flat_map(|(prompt, answer)| [*prompt, *answer]);
    touchmark
        .command(["-c", PERSON, "person", &command])
        .args(answers)
}

fn shown(output: &Output) -> String {
    output.stdout_text().replace('\r', "")
}

const FIRST: &str = "Password for cosign.key: ";
const AGAIN: &str = "The same password again: ";
const PIN: &str = "PIN for token \"release\" (serial ";

#[test]
fn a_new_password_is_asked_for_twice_and_not_echoed() {
    let touchmark = touchmark();
    let made = at_terminal(
        &touchmark,
        "generate-key-pair",
        &[(FIRST, "correct horse"), (AGAIN, "correct horse")],
    );
    let made = made.run().success();
    let text = shown(&made);
    assert!(text.contains(FIRST) && text.contains(AGAIN), "{text}");
    assert!(!text.contains("horse"), "{text}");
    let sign = "sign-blob --key cosign.key artifact";
    at_terminal(&touchmark, sign, &[(FIRST, "correct horse")])
        .run()
        .success();
    at_terminal(&touchmark, sign, &[(FIRST, "wrong")])
        .run()
        .code(4);
}

#[test]
fn two_different_passwords_make_no_key() {
    let touchmark = touchmark();
    let made = at_terminal(
        &touchmark,
        "generate-key-pair",
        &[(FIRST, "one"), (AGAIN, "other")],
    )
    .run()
    .code(4);
    assert!(shown(&made).contains("the two passwords are not the same"));
    assert!(!touchmark.path("cosign.key").exists());
}

#[test]
fn a_pin_is_asked_for_once_with_the_tokens_name() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::default(), "key", "01");
    let mut touchmark = touchmark();
    for (name, value) in token.env() {
        touchmark = touchmark.env(&name, &value);
    }
    let sign = format!("sign-blob --key '{}' artifact", token.uri("object=key"));
    let signed = at_terminal(&touchmark, &sign, &[(PIN, &token.user_pin)])
        .run()
        .success();
    let prompts = shown(&signed)
        .matches("PIN for token \"release\" (serial ")
        .count();
    assert_eq!(prompts, 1, "{}", shown(&signed));
    assert!(!shown(&signed).contains(&token.user_pin));
    let wrong = at_terminal(&touchmark, &sign, &[(PIN, "000000")])
        .run()
        .code(4);
    assert_eq!(shown(&wrong).matches(PIN).count(), 1);
}

#[test]
fn long_work_shows_a_bar_on_a_terminal_and_none_elsewhere() {
    let touchmark = touchmark().env("COSIGN_PASSWORD", "").env("TERM", "xterm");
    at_terminal(&touchmark, "generate-key-pair", &[])
        .run()
        .success();
    let names: Vec<String> = (0..60).map(|number| format!("file-{number}")).collect();
    for name in &names {
        touchmark.write(name, vec![0; 4 << 20]);
    }
    let sign = format!("sign-blob --key cosign.key {}", names.join(" "));
    let text = shown(&at_terminal(&touchmark, &sign, &[]).run().success());
    assert!(text.contains("signing ") && text.contains("/60 "), "{text}");
    let dumb = at_terminal(&touchmark, &sign, &[])
        .env("TERM", "dumb")
        .run()
        .success();
    assert!(!shown(&dumb).contains("/60 "));
}
