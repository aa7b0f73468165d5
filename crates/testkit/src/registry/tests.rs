//! Each registry is what the table says, holds what is pushed, and ends with its test.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use super::*;
use ureq::http::Method;

fn all() -> Vec<(Registry, u16)> {
    vec![
        (Registry::olareg(), 200),
        (Registry::olareg_without_referrers(), 405),
        (Registry::docker_registry(), 404),
        (Registry::with_tokens(), 404),
        (Registry::with_passwords(), 404),
    ]
}

#[test]
fn each_holds_what_is_pushed_and_answers_for_referrers_as_it_should() {
    for (registry, status) in all() {
        let image = registry.push_image("team/app", "v1");
        assert_eq!(registry.tags("team/app"), ["v1"]);
        let digest = registry.digest("team/app", "v1");
        assert_eq!(digest.as_deref(), Some(&*image.digest));
        assert!(registry.manifest("team/app", "v2").is_none());
        let referrers = format!("/v2/team/app/referrers/{}", image.digest);
        let answer = registry.call(Method::GET, &referrers, "", Vec::new());
        assert_eq!(answer.status, status);
        assert_eq!(registry.has_referrers(), status == 200);
    }
}

#[test]
fn an_index_names_both_platforms_and_referrers_are_found_by_either_way() {
    for (registry, _) in all() {
        let (index, images) = registry.push_index("team/app", "v1");
        let shown = registry.manifest("team/app", "v1").unwrap().json();
        for (nr, image) in images.iter().enumerate() {
            assert_eq!(shown["manifests"][nr]["digest"], *image.digest);
            assert!(registry.manifest("team/app", &image.digest).is_some());
        }
        let text = registry.push_referrer(&index, "text/plain", b"a note");
        if !registry.has_referrers() {
            registry.push_fallback(&index, std::slice::from_ref(&text));
        }
        let found = registry.referrers("team/app", &index.digest);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["digest"], *text.digest);
        let layer = registry.referring(&index)[0]["layers"][0].clone();
        let digest = layer["digest"].as_str().unwrap();
        assert_eq!(registry.blob("team/app", digest), b"a note");
    }
}

/// A status without any credentials, over TLS that only the authority makes good.
fn anonymous(registry: &Registry) -> u16 {
    let output = crate::program::Program::new(crate::program::find("openssl"))
        .args(["s_client", "-quiet", "-verify_return_error", "-CAfile"])
        .arg(registry.credentials().unwrap().join("authority.pem"))
        .args(["-connect", &registry.address()])
        .stdin("GET /v2/team/app/manifests/v1 HTTP/1.0\r\n\r\n")
        .run();
    let status = output.stdout_text();
    let status = status.split(' ').nth(1).map(str::to_owned);
    status
        .unwrap_or_default()
        .parse()
        .unwrap_or_else(|_| panic!("{output}"))
}

#[test]
fn those_with_users_let_nobody_else_in() {
    for registry in [Registry::with_tokens(), Registry::with_passwords()] {
        registry.push_image("team/app", "v1");
        assert_eq!(anonymous(&registry), 401);
    }
}

#[test]
fn the_relay_counts_requests_and_connections() {
    let registry = Registry::olareg();
    let image = registry.push_image("team/app", "v1");
    let counter = Counter::before(&registry);
    let image = image.at(&counter.address());
    for _ in 0..2 {
        let stream = TcpStream::connect(counter.address()).unwrap();
        ask(&stream, "v1");
        ask(&stream, &image.digest);
    }
    assert_eq!(counter.connections(), 2);
    let counts: Vec<_> = counter.counts().into_values().collect();
    assert_eq!(counts, [2, 2], "{}", counter.table());
    assert!(
        counter.table().contains("/v2/team/app/manifests/sha256:…"),
        "{}",
        counter.table()
    );
    assert!(counter.most_connections() <= 2);
    counter.clear();
    assert!(counter.requests().is_empty());
}

/// One request on a connection that stays open, answered in full.
fn ask(mut stream: &TcpStream, reference: &str) {
    use std::io::{Read, Write};
    let head = format!("HEAD /v2/team/app/manifests/{reference} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

/// [`a_killed_test_leaves_no_registry_behind`] runs this one with a variable set, and kills it.
#[test]
fn a_registry_listens_from_its_start() {
    let registry = Registry::olareg();
    assert!(TcpStream::connect(registry.socket()).is_ok());
    if let Some(file) = std::env::var_os("TOUCHMARK_TEST_ADDRESS_FILE") {
        let dir = registry.service.dir().display();
        std::fs::write(file, format!("{} {dir}", registry.address())).unwrap();
        std::thread::sleep(Duration::from_mins(1));
    }
}

#[test]
fn a_killed_test_leaves_no_registry_behind() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("address");
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "registry::tests::a_registry_listens_from_its_start",
        ])
        .env("TOUCHMARK_TEST_ADDRESS_FILE", &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let said = eventually(|| {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|text| !text.is_empty())
    });
    let (address, dir) = said.split_once(' ').unwrap();
    assert!(TcpStream::connect(address).is_ok());
    test.kill().unwrap();
    test.wait().unwrap();
    eventually(|| TcpStream::connect(address).is_err().then_some(()));
    eventually(|| (!std::path::Path::new(dir).exists()).then_some(()));
}

fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came");
}

#[test]
fn what_ends_in_time_ends_with_its_value() {
    let address = {
        let registry = Registry::docker_registry();
        registry.address()
    };
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_liar_tells_the_truth_but_for_what_it_is_to_lie_about() {
    let registry = std::sync::Arc::new(Registry::olareg());
    let image = registry.push_image("team/app", "v1");
    let cosign = crate::peers::Cosign::v3();
    let dir = tempfile::tempdir().unwrap();
    cosign.generate_key_pair(dir.path(), "key", "").success();
    let honest = Liar::before(&registry, |_, _| false);
    let reference = image.at(&honest.address()).by_digest();
    for form in crate::peers::cosign::Form::BOTH {
        cosign
            .sign(dir.path(), "key.key", &reference, form, &[])
            .success();
        cosign
            .verify_form(dir.path(), "key.pub", &reference, form)
            .success();
    }
    let silent = Liar::before(&registry, |heard, stream| {
        let lies = heard.path.contains("/manifests/");
        if lies {
            say(stream, "404 Not Found", &[], b"{}");
        }
        lies
    });
    let reference = image.at(&silent.address()).by_digest();
    cosign
        .verify(dir.path(), "key.pub", &reference, &[])
        .failure();
    assert!(silent.heard().iter().any(|heard| heard.path == "/v2/"));
}
