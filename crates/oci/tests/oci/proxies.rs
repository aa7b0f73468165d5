//! `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use touchmark_oci::{Environment, OciError, Options, Reference, Registry};
use touchmark_testkit::block_on;
use touchmark_testkit::registry as real;

use crate::liar::{Liar, Wire, answer, hang_up};
use crate::setup::options;

/// Moves bytes both ways, a part of one direction and then of the other, as TLS needs at its start
/// and short requests do after it.
fn tunnel(wire: &mut dyn Wire, to: SocketAddr) -> std::io::Result<()> {
    let mut upstream = TcpStream::connect(to)?;
    wire.write_all(b"HTTP/1.1 200 X\r\n\r\n")?;
    wire.flush()?;
    let mut buffer = vec![0; 64 * 1024];
    let pause = Some(std::time::Duration::from_millis(150));
    upstream.set_read_timeout(pause)?;
    loop {
        let read = wire.read(&mut buffer)?;
        if read == 0 {
            return hang_up();
        }
        upstream.write_all(&buffer[..read])?;
        // All that comes back until it is quiet.
        while let Ok(read) = upstream.read(&mut buffer) {
            if read == 0 {
                return hang_up();
            }
            wire.write_all(&buffer[..read])?;
            wire.flush()?;
        }
    }
}

fn through(proxy: &Liar, base: Options) -> Options {
    let address = format!("http://user:hunter2@{}", proxy.address());
    Options {
        environment: Environment {
            https_proxy: Some(address.clone()),
            http_proxy: Some(address),
            ..base.environment.clone()
        },
        ..base
    }
}

fn resolve(options: &Options, reference: &str) -> Result<String, OciError> {
    let reference: Reference = reference.parse().unwrap();
    let operation = Registry::new(options).unwrap().operation();
    block_on(async { operation.resolve(&reference).await })
        .map(|descriptor| descriptor.digest.to_string())
}

#[test]
fn a_registry_with_tls_is_reached_through_a_tunnel() {
    let registry = real::Registry::with_passwords();
    let image = registry.push_image("some/image", "v1");
    let to = registry.socket();
    let proxy = Liar::start(move |_, wire| tunnel(wire, to));
    let mut options = through(&proxy, options(&registry));
    options.server_name = Some("localhost".into());
    options.login = touchmark_oci::Login::Password {
        username: real::USER.into(),
        password: real::USER_PASSWORD.into(),
    };
    let found = resolve(&options, "registry.test/some/image:v1").unwrap();
    assert_eq!(found, image.digest);
    let asked = proxy.asked();
    assert_eq!(asked[0].method, "CONNECT");
    assert_eq!(asked[0].path, "registry.test:443");
    assert_eq!(
        asked[0].header("proxy-authorization"),
        Some("Basic dXNlcjpodW50ZXIy")
    );
    assert!(!format!("{options:?}").contains("hunter2"));
}

#[test]
fn a_registry_without_tls_is_reached_by_forwarding() {
    let proxy = Liar::start(|asked, wire| {
        if asked.method == "CONNECT" {
            // Behind it, somebody who speaks no TLS.
            wire.write_all(b"HTTP/1.1 200 X\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n")?;
            wire.flush()?;
            return hang_up();
        }
        let kind = ("content-type", "application/vnd.oci.image.manifest.v1+json");
        let said = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        answer(wire, 200, &[kind, ("docker-content-digest", said)], b"")
    });
    let options = Options {
        allow_http: true,
        ..through(&proxy, Options::default())
    };
    resolve(&options, "registry.test/some/image:v1").unwrap();
    let asked = proxy.asked();
    let forwarded = asked.last().unwrap();
    assert_eq!(
        forwarded.path,
        "http://registry.test/v2/some/image/manifests/v1"
    );
    assert_eq!(forwarded.header("host"), Some("registry.test"));
    assert!(forwarded.header("proxy-authorization").is_some());
    // Not allowed, it is not done.
    let options = through(&proxy, Options::default());
    let error = resolve(&options, "registry.test/some/image:v1").unwrap_err();
    assert!(matches!(error, OciError::Unreachable { .. }), "{error:?}");
}

#[test]
fn some_hosts_are_reached_without_a_proxy() {
    let proxy = Liar::start(|_, wire| answer(wire, 502, &[], b""));
    let registry = real::Registry::olareg();
    let image = registry.push_image("a", "v1");
    // This machine itself never is.
    let options = through(&proxy, Options::default());
    assert_eq!(resolve(&options, &image.by_tag()).unwrap(), image.digest);
    let mut options = options;
    options.environment.no_proxy = Some(".test".into());
    options.limits.operation_time = std::time::Duration::from_secs(3);
    resolve(&options, "registry.test/a:v1").unwrap_err();
    assert_eq!(proxy.asked().len(), 0);
    options.environment.no_proxy = None;
    let error = resolve(&options, "registry.test/a:v1").unwrap_err();
    assert!(
        matches!(error, OciError::Refused { status: 502, .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("CONNECT registry.test:443"),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
