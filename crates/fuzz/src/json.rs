//! What holds for every strict reader of JSON.

use std::fmt::Debug;

use serde_json::Value;

/// Checks an accepted text: an independent reader accepts it too, its meaning does not depend on
/// white space or the members' order, and nothing may be added.
pub(crate) fn check_accepted<T: PartialEq + Debug, E>(
    json: &[u8],
    read: impl Fn(&[u8]) -> Result<T, E>,
) {
    let found = read(json).ok();
    assert!(found.is_some());
    let value: Value = serde_json::from_slice(json).unwrap_or_default();
    assert!(value.is_object(), "no object, but accepted");
    // `Value` sorts the members.
    for form in [value.to_string(), format!("{value:#}")] {
        assert_eq!(read(form.as_bytes()).ok(), found, "{form}");
    }
    assert!(read(&[json, b"0"].concat()).is_err());
    assert!(read(&[json, json].concat()).is_err());
}

/// Checks that an accepted text is refused with a member more, and with one twice.
pub(crate) fn check_closed<T, E>(json: &[u8], read: impl Fn(&[u8]) -> Result<T, E>) {
    let Ok(Value::Object(members)) = serde_json::from_slice(json) else {
        return;
    };
    let text = Value::Object(members.clone()).to_string();
    let rest = text.strip_prefix('{').unwrap_or_default();
    let unknown = format!("{{\"x\":1,{rest}");
    assert!(read(unknown.as_bytes()).is_err());
    for (name, value) in &members {
        let twice = format!("{{{}:{value},{rest}", Value::from(name.as_str()));
        assert!(read(twice.as_bytes()).is_err(), "{name} twice");
    }
}
