//! Where a registry must not lead: away with credentials, round in circles, out of TLS.

use touchmark_oci::{Descriptor, Login, OciError, Operation, Options, Registry};
use touchmark_testkit::block_on;
use touchmark_testkit::registry::Authority;

use crate::liar::{Asked, Liar, Wire, answer};
use crate::lies::{image, operation};

/// Access with an account.
fn with_account(change: impl FnOnce(&mut Options)) -> Operation {
    let mut options = Options {
        login: Login::Password {
            username: "me".into(),
            password: "hunter2".into(),
        },
        ..Options::default()
    };
    change(&mut options);
    Registry::new(&options).unwrap().operation()
}

/// Wants an account, and then leads elsewhere.
fn leads_to(location: String) -> impl Fn(&Asked, &mut dyn Wire) -> std::io::Result<()> {
    move |asked, wire| match asked.header("authorization") {
        None => {
            let basic = ("www-authenticate", "Basic realm=x");
            answer(wire, 401, &[basic], b"")
        }
        Some(_) => answer(wire, 307, &[("location", &location)], b"elsewhere"),
    }
}

#[test]
fn another_host_gets_no_credentials() {
    let other = Liar::start(|_, wire| answer(wire, 200, &[], b"{}"));
    let location = format!("http://{}/b", other.address());
    let liar = Liar::start(leads_to(location));
    let reference = image(&liar);
    let blob = Descriptor::of("a/b", b"{}");
    block_on(async {
        let operation = with_account(|_| {});
        operation.blob(reference.repository(), &blob).await.unwrap();
    });
    assert_eq!(liar.asked().len(), 2);
    assert!(liar.asked()[1].header("authorization").is_some());
    let seen = other.asked();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(seen[0].header("host"), Some(&*other.address()));
}

#[test]
fn another_host_that_asks_for_credentials_gets_none() {
    let other =
        Liar::start(|_, wire| answer(wire, 401, &[("www-authenticate", "Basic realm=x")], b""));
    let liar = Liar::start(leads_to(format!("http://{}/b", other.address())));
    let reference = image(&liar);
    let blob = Descriptor::of("a/b", b"{}");
    let error = block_on(async {
        let operation = with_account(|_| {});
        operation
            .blob(reference.repository(), &blob)
            .await
            .unwrap_err()
    });
    assert!(matches!(error, OciError::Denied { .. }), "{error:?}");
    assert_eq!(other.asked().len(), 1);
    assert_eq!(other.asked()[0].header("authorization"), None);
}

#[test]
fn an_upload_to_another_host_carries_no_credentials() {
    let other = Liar::start(|_, wire| answer(wire, 201, &[], b""));
    let location = format!("http://{}/upload?state=1", other.address());
    let liar = Liar::start(move |asked, wire| match asked.header("authorization") {
        None => answer(wire, 401, &[("www-authenticate", "Basic realm=x")], b""),
        Some(_) => answer(wire, 202, &[("location", &location)], b""),
    });
    let reference = image(&liar);
    block_on(async {
        let operation = with_account(|_| {});
        let pushed = operation.push_blob(reference.repository(), "a/b", "{}".into());
        pushed.await.unwrap();
    });
    let seen = other.asked();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), None);
    assert!(seen[0].path.starts_with("/upload?state=1&digest=sha256%3A"));
    assert_eq!(seen[0].body, b"{}");
}

#[test]
fn redirects_end() {
    let liar = Liar::start(|_, wire| answer(wire, 302, &[("location", "/v2/again")], b""));
    let reference = image(&liar);
    let error = block_on(async { operation().resolve(&reference).await.unwrap_err() });
    assert!(matches!(error, OciError::Unsafe { .. }), "{error:?}");
    assert_eq!(liar.asked().len(), 6);
    for location in ["", "ftp://a/b", "http://user:pw@127.0.0.1/b", "//a/b"] {
        let liar = Liar::start(move |_, wire| answer(wire, 302, &[("location", location)], b""));
        let reference = image(&liar);
        let error = block_on(async { operation().resolve(&reference).await.unwrap_err() });
        assert!(
            matches!(error, OciError::Malformed { .. }),
            "{location}: {error:?}"
        );
    }
}

/// Trusts an authority, whose certificate is in a file of that folder.
fn trusting(authority: &Authority, folder: &tempfile::TempDir) -> Operation {
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, &authority.certificate).unwrap();
    with_account(|options| options.ca = Some(file))
}

#[test]
fn nothing_leads_from_tls_to_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let plain = Liar::start(|_, wire| answer(wire, 200, &[], b"{}"));
    let to = format!("http://{}/b", plain.address());
    let redirect = Liar::start_tls(&authority, leads_to(to.clone()));
    let realm = format!("Bearer realm=\"{to}\"");
    let token = Liar::start_tls(&authority, move |_, wire| {
        answer(wire, 401, &[("www-authenticate", &realm)], b"")
    });
    let upload = Liar::start_tls(&authority, move |_, wire| {
        answer(wire, 202, &[("location", &to)], b"")
    });
    block_on(async {
        for liar in [redirect, token] {
            let operation = trusting(&authority, &folder);
            let blob = Descriptor::of("a/b", b"{}");
            let error = operation
                .blob(image(&liar).repository(), &blob)
                .await
                .unwrap_err();
            assert!(matches!(error, OciError::Unsafe { .. }), "{error:?}");
            assert!(error.to_string().contains("without TLS"), "{error}");
        }
        let operation = trusting(&authority, &folder);
        let reference = image(&upload);
        let pushed = operation.push_blob(reference.repository(), "a/b", "{}".into());
        let error = pushed.await.unwrap_err();
        assert!(matches!(error, OciError::Unsafe { .. }), "{error:?}");
    });
    assert_eq!(plain.asked().len(), 0);
}
