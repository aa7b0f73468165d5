//! A relay in front of a registry that counts what passes: requests, and connections at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::Registry;

/// A request line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub path: String,
}

/// What passed.
#[derive(Debug, Default)]
struct Passed {
    requests: Vec<Request>,
    connections: usize,
    open: usize,
    most_open: usize,
}

/// A relay on a port of its own. Clients use its address for the registry's; bytes pass as they
/// are, keep-alive included, so what is counted is what the client does.
#[derive(Debug)]
pub struct Counter {
    address: SocketAddr,
    passed: Arc<Mutex<Passed>>,
}

impl Counter {
    /// Puts a relay in front of a registry without TLS.
    #[must_use]
    pub fn before(registry: &Registry) -> Self {
        assert!(
            registry.authority().is_none(),
            "requests in TLS cannot be counted"
        );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let passed = Arc::new(Mutex::new(Passed::default()));
        let (counts, upstream) = (passed.clone(), registry.socket());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counts = counts.clone();
                std::thread::spawn(move || {
                    open(&counts);
                    // A connection that breaks is the client's to tell.
                    let _ = relay(&client, upstream, &counts);
                    let _ = client.shutdown(Shutdown::Both);
                    lock(&counts).open -= 1;
                });
            }
        });
        Self { address, passed }
    }

    /// `127.0.0.1:PORT`, to use for the registry's.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The requests since the start or the last [`Counter::clear`], in their order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.passed).requests.clone()
    }

    /// How many times each request was made; digests and upload names are shortened.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Request, usize> {
        self.requests()
            .iter()
            .fold(BTreeMap::new(), |mut all, request| {
                *all.entry(shortened(request)).or_default() += 1;
                all
            })
    }

    /// [`Counter::counts`] as lines for a person.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (Request { method, path }, count) in self.counts() {
            let _ = writeln!(table, "{count:>5}  {method:<6} {path}");
        }
        table
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.passed).connections
    }

    /// The most connections that were open at the same time.
    #[must_use]
    pub fn most_connections(&self) -> usize {
        lock(&self.passed).most_open
    }

    /// Starts counting anew. Connections that are open stay counted as open.
    pub fn clear(&self) {
        let mut passed = lock(&self.passed);
        let open = passed.open;
        *passed = Passed {
            open,
            most_open: open,
            ..Passed::default()
        };
    }
}

fn lock(passed: &Mutex<Passed>) -> std::sync::MutexGuard<'_, Passed> {
    passed.lock().expect("no thread of the relay panicked")
}

fn open(passed: &Mutex<Passed>) {
    let mut passed = lock(passed);
    passed.connections += 1;
    passed.open += 1;
    passed.most_open = passed.most_open.max(passed.open);
}

/// Without the digests, upload names and queries that differ from run to run.
fn shortened(request: &Request) -> Request {
    let path = request.path.split('?').next().unwrap_or_default();
    let parts = path.split('/').scan("", |before, part| {
        let short = match (*before, part) {
            ("uploads", name) if !name.is_empty() => "…",
            (_, part) if part.starts_with("sha256:") => "sha256:…",
            (_, part) if part.starts_with("sha256-") => match part.split_once('.') {
                Some((_, "sig")) => "sha256-….sig",
                Some((_, "att")) => "sha256-….att",
                _ => "sha256-…",
            },
            _ => part,
        };
        *before = part;
        Some(short)
    });
    let path = parts.collect::<Vec<_>>().join("/");
    Request {
        method: request.method.clone(),
        path,
    }
}

/// Relays one connection until both sides have closed.
fn relay(client: &TcpStream, upstream: SocketAddr, passed: &Mutex<Passed>) -> io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let answers = std::thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let asked = requests(&mut BufReader::new(client), &mut &server, passed);
    let _ = server.shutdown(Shutdown::Write);
    let _ = answers.join();
    asked
}

/// Passes requests on and notes each, up to the end of the connection.
fn requests(
    from: &mut impl BufRead,
    to: &mut impl Write,
    passed: &Mutex<Passed>,
) -> io::Result<()> {
    // TLS tried on a port that has none: the registry is to answer that itself.
    if from.fill_buf()?.first() == Some(&0x16) {
        return io::copy(from, to).map(|_| ());
    }
    while let Some(head) = head(from)? {
        let mut words = head.split(' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
        };
        lock(passed).requests.push(request);
        to.write_all(head.as_bytes())?;
        body(&head, from, to)?;
        to.flush()?;
    }
    Ok(())
}

/// Request line and headers with their empty line; `None` at the end of the connection.
fn head(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

fn body(head: &str, from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    if header("transfer-encoding").as_deref() == Some("chunked") {
        return chunks(from, to);
    }
    let length = header("content-length").map_or(Ok(0), |length| length.parse());
    let length: u64 = length.map_err(|_| io::ErrorKind::InvalidData)?;
    io::copy(&mut from.take(length), to).map(|_| ())
}

/// A chunked body (RFC 9112 §7.1), as it is.
fn chunks(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        to.write_all(line.as_bytes())?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        // The last chunk is empty, and an empty line follows it as one follows the others.
        io::copy(&mut from.take(size + 2), to)?;
        if size == 0 {
            return Ok(());
        }
    }
}
