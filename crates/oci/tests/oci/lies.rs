//! What a registry must not get away with.

use std::time::{Duration, Instant};

use touchmark_core::{Digest, Explain, HashAlgorithm};
use touchmark_oci::{
    Descriptor, Limits, Manifest, OciError, Operation, Options, Reference, Registry, Target,
    media_type,
};
use touchmark_testkit::block_on;

use crate::liar::{Asked, Liar, Wire, answer, hang_up};

const MANIFEST: &str = r#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
const TYPE: (&str, &str) = ("content-type", media_type::OCI_MANIFEST);
const INDEX: (&str, &str) = ("content-type", media_type::OCI_INDEX);

type Handler = fn(&Asked, &mut dyn Wire) -> std::io::Result<()>;

pub(crate) fn image(liar: &Liar) -> Reference {
    format!("{}/a:v1", liar.address()).parse().unwrap()
}

fn digest(content: &str) -> Digest {
    Digest::of(HashAlgorithm::Sha256, content.as_bytes())
}

pub(crate) fn operation() -> Operation {
    Registry::new(&Options::default()).unwrap().operation()
}

fn limited(change: impl FnOnce(&mut Limits)) -> Operation {
    let mut options = Options::default();
    change(&mut options.limits);
    Registry::new(&options).unwrap().operation()
}

async fn fetch(operation: &Operation, reference: &Reference) -> Result<Manifest, OciError> {
    operation
        .manifest(reference.repository(), &reference.target())
        .await
}

/// What fetching the manifest of a tag fails with.
fn refused(handler: Handler) -> OciError {
    let liar = Liar::start(handler);
    let reference = image(&liar);
    let operation = operation();
    block_on(async {
        let fetched = fetch(&operation, &reference);
        fetched.await.unwrap_err()
    })
}

#[test]
fn another_manifest_than_was_asked_for() {
    let liar = Liar::start(|_, wire| answer(wire, 200, &[TYPE], MANIFEST.as_bytes()));
    let reference = image(&liar);
    let target = Target::Digest(digest("another"));
    block_on(async {
        let fetched = operation();
        let fetched = fetched.manifest(reference.repository(), &target).await;
        let error = fetched.unwrap_err();
        assert!(matches!(error, OciError::Mismatch { .. }), "{error:?}");
        assert!(error.to_string().contains(&digest(MANIFEST).to_string()));
        let right = Target::Digest(digest(MANIFEST));
        let fetched = operation();
        fetched
            .manifest(reference.repository(), &right)
            .await
            .unwrap();
    });
}

#[test]
fn another_digest_than_it_says() {
    let error = refused(|_, wire| {
        let said = ("docker-content-digest", &*digest("another").to_string());
        answer(wire, 200, &[TYPE, said], MANIFEST.as_bytes())
    });
    assert!(matches!(error, OciError::Mismatch { .. }), "{error:?}");
}

#[test]
fn another_digest_for_a_name_with_one() {
    let liar = Liar::start(|_, wire| {
        let said = ("docker-content-digest", &*digest("another").to_string());
        answer(wire, 200, &[TYPE, said], b"")
    });
    let reference = image(&liar).with_digest(digest(MANIFEST));
    let error = block_on(async { operation().resolve(&reference).await.unwrap_err() });
    assert!(matches!(error, OciError::Mismatch { .. }), "{error:?}");
}

#[test]
fn a_huge_manifest_announced_or_not() {
    let announced = refused(|_, wire| {
        wire.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 5000000\r\n\r\n")?;
        wire.write_all(&[b' '; 100])?;
        wire.flush()?;
        std::thread::sleep(Duration::from_mins(1));
        hang_up()
    });
    let endless = refused(|_, wire| {
        wire.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            wire.write_all(b"10000\r\n")?;
            wire.write_all(&vec![b' '; 0x10000])?;
            wire.write_all(b"\r\n")?;
        }
    });
    for error in [announced, endless] {
        assert!(
            matches!(
                error,
                OciError::TooMuch {
                    limit: 4_194_304,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn more_bytes_over_all_than_an_operation_may_read() {
    let liar = Liar::start(|_, wire| answer(wire, 200, &[TYPE], MANIFEST.as_bytes()));
    let reference = image(&liar);
    let operation = limited(|limits| limits.operation_bytes = 3 * MANIFEST.len() as u64);
    block_on(async {
        for _ in 0..3 {
            let fetched = fetch(&operation, &reference);
            fetched.await.unwrap();
        }
        let fetched = fetch(&operation, &reference);
        let error = fetched.await.unwrap_err();
        assert!(matches!(error, OciError::TooMuch { .. }), "{error:?}");
    });
}

#[test]
fn a_blob_that_ends_early_goes_on_or_is_another() {
    let liar = Liar::start(|asked, wire| {
        let wanted = |content: &str| asked.path.ends_with(&digest(content).to_hex());
        if wanted("truncated") {
            wire.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\ntrunc")?;
        } else if wanted("short") {
            answer(wire, 200, &[], b"shor")?;
        } else if wanted("long") {
            answer(wire, 200, &[], b"longer")?;
        } else {
            answer(wire, 200, &[], b"xxxxx")?;
        }
        hang_up()
    });
    let reference = image(&liar);
    let fetch = |content: &str| {
        let descriptor = Descriptor::of("a/b", content.as_bytes());
        let operation = operation();
        let repository = reference.repository().clone();
        block_on(async move { operation.blob(&repository, &descriptor).await.unwrap_err() })
    };
    let error = fetch("truncated");
    assert!(matches!(error, OciError::Unreachable { .. }), "{error:?}");
    let tries = liar.asked().len();
    assert!((2..=4).contains(&tries), "{tries}");
    for (content, property) in [("short", "size"), ("long", "size"), ("other", "digest")] {
        let error = fetch(content);
        let found =
            matches!(&error, OciError::Mismatch { property: found, .. } if *found == property);
        assert!(found, "{content}: {error:?}");
    }
}

#[test]
fn a_descriptor_of_a_huge_blob_is_not_even_asked_for() {
    let liar = Liar::start(|_, wire| answer(wire, 200, &[], b""));
    let reference = image(&liar);
    let huge = Descriptor::new("a/b", digest("x"), 1 << 40);
    let error = block_on(async {
        operation()
            .blob(reference.repository(), &huge)
            .await
            .unwrap_err()
    });
    assert!(matches!(error, OciError::TooMuch { .. }), "{error:?}");
    assert!(liar.asked().is_empty());
}

/// A list of referrers with so many entries, and perhaps a next page.
fn page(wire: &mut dyn Wire, entries: usize, next: bool) -> std::io::Result<()> {
    let entry = format!(
        r#"{{"mediaType":"a/b","digest":"{}","size":1}}"#,
        digest("x")
    );
    let entries = vec![entry; entries].join(",");
    let body = format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#);
    let link = ("link", r#"</v2/a/referrers/next?x=y>; rel="next""#);
    let headers = if next {
        &[INDEX, link][..]
    } else {
        &[INDEX][..]
    };
    answer(wire, 200, headers, body.as_bytes())
}

#[test]
fn a_thousand_and_one_referrers() {
    let liar = Liar::start(|_, wire| page(wire, 1001, false));
    let reference = image(&liar);
    let subject = digest("x");
    let found = block_on(async {
        operation()
            .referrers(reference.repository(), &subject)
            .await
    });
    let found = found.unwrap();
    assert!(found.truncated && found.api);
    assert_eq!(found.manifests.len(), 1000);
}

#[test]
fn pages_without_end() {
    let endless = Liar::start(|_, wire| page(wire, 100, true));
    let empty = Liar::start(|_, wire| page(wire, 0, true));
    for (liar, most) in [(endless, 11), (empty, 1)] {
        let reference = image(&liar);
        let subject = digest("x");
        let found = block_on(async {
            operation()
                .referrers(reference.repository(), &subject)
                .await
        });
        assert!(found.unwrap().truncated);
        assert!(liar.asked().len() <= most, "{}", liar.asked().len());
    }
    let tags = Liar::start(|_, wire| {
        let link = ("link", r#"</v2/a/tags/list?x>; rel="next""#);
        answer(wire, 200, &[link], br#"{"tags":["a"]}"#)
    });
    let reference = image(&tags);
    let operation = limited(|limits| limits.tags = 10);
    let error = block_on(async { operation.tags(reference.repository()).await.unwrap_err() });
    assert!(matches!(error, OciError::TooMuch { .. }), "{error:?}");
}

#[test]
fn malformed_answers() {
    let bodies = [
        "",
        "[]",
        "{",
        r#"{"schemaVersion":2,"manifests":[{}]}"#,
        "\u{0}",
    ];
    for body in bodies {
        let liar = Liar::start(move |_, wire| answer(wire, 200, &[INDEX], body.as_bytes()));
        let reference = image(&liar);
        let subject = digest("x");
        let found = block_on(async {
            operation()
                .referrers(reference.repository(), &subject)
                .await
        });
        let error = found.unwrap_err();
        assert!(
            matches!(error, OciError::Malformed { .. }),
            "{body}: {error:?}"
        );
    }
    let deep = "[".repeat(200_000);
    let liar = Liar::start(move |_, wire| answer(wire, 200, &[INDEX], deep.as_bytes()));
    let reference = image(&liar);
    let found = block_on(async {
        operation()
            .referrers(reference.repository(), &digest("x"))
            .await
    });
    assert!(matches!(found.unwrap_err(), OciError::Malformed { .. }));
}

#[test]
fn a_slow_drip_of_bytes_ends_with_the_operation() {
    let body: Handler = |_, wire| {
        wire.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")?;
        loop {
            wire.write_all(b" ")?;
            wire.flush()?;
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let head: Handler = |_, wire| {
        wire.write_all(b"HTTP/1.1 200 X\r\n")?;
        loop {
            wire.write_all(b"a: b\r\n")?;
            wire.flush()?;
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let silent: Handler = |_, _| {
        std::thread::sleep(Duration::from_mins(1));
        hang_up()
    };
    for handler in [body, head, silent] {
        let liar = Liar::start(handler);
        let reference = image(&liar);
        let operation = limited(|limits| limits.operation_time = Duration::from_secs(1));
        let start = Instant::now();
        let error = block_on(async {
            let fetched = fetch(&operation, &reference);
            fetched.await.unwrap_err()
        });
        assert!(matches!(error, OciError::TimedOut { .. }), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[test]
fn an_hour_to_wait_is_not_waited_for() {
    let start = Instant::now();
    for status in [429, 503] {
        let liar =
            Liar::start(move |_, wire| answer(wire, status, &[("retry-after", "3600")], b""));
        let reference = image(&liar);
        let error = block_on(async { operation().resolve(&reference).await.unwrap_err() });
        assert!(matches!(error, OciError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("3600 s"), "{error}");
        assert_eq!(liar.asked().len(), 1);
    }
    let date = refused(|_, wire| {
        let date = ("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT");
        answer(wire, 503, &[date], b"")
    });
    assert!(date.to_string().contains("may be tried again"), "{date}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_fails_for_a_moment_is_tried_again() {
    for status in [429, 502, 503, 504] {
        let liar = Liar::start({
            let first = std::sync::atomic::AtomicBool::new(true);
            move |_, wire| {
                if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                    answer(wire, status, &[], b"")
                } else {
                    answer(wire, 200, &[TYPE], MANIFEST.as_bytes())
                }
            }
        });
        let reference = image(&liar);
        block_on(async {
            let fetched = operation();
            let fetched = fetched
                .manifest(reference.repository(), &reference.target())
                .await;
            fetched.unwrap();
        });
        assert_eq!(liar.asked().len(), 2);
    }
    let never = Liar::start(|_, wire| answer(wire, 503, &[], b""));
    let reference = image(&never);
    let error = block_on(async { operation().resolve(&reference).await.unwrap_err() });
    assert!(
        matches!(error, OciError::Refused { status: 503, .. }),
        "{error:?}"
    );
    assert_eq!(never.asked().len(), 4);
}

#[test]
fn a_registry_that_lies_about_errors() {
    // An explanation without end, and one with an escape sequence.
    let endless = refused(|_, wire| {
        wire.write_all(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            wire.write_all(b"10\r\n0123456789abcdef\r\n")?;
        }
    });
    assert!(
        matches!(endless, OciError::Refused { status: 500, .. }),
        "{endless:?}"
    );
    let escape = refused(|_, wire| {
        let body = br#"{"errors":[{"code":"X","message":"\u001b]0;title\u0007"}]}"#;
        answer(wire, 418, &[], body)
    });
    assert!(!escape.to_string().contains('\u{1b}'), "{escape:?}");
    assert!(escape.hint().is_some());
    let garbage = refused(|_, wire| {
        wire.write_all(b"\x00\x01\x02\r\n\r\n")?;
        hang_up()
    });
    assert!(
        matches!(garbage, OciError::Unreachable { .. }),
        "{garbage:?}"
    );
}
