use super::*;
#[test]
fn x() {
    for k in Kind::ALL { let r = Registry::start(k); let i = r.push_image("a/b", "v1"); println!("{} {:?}", i.by_digest(), r.tags("a/b")); }
}
