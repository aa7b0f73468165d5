//! A server that answers as a test tells it to, and keeps what it was asked.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use touchmark_testkit::registry::Authority;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The head's other lines.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Where an answer is written to.
pub(crate) trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// A server on a port of its own.
pub(crate) struct Liar {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Liar {
    /// Starts a server. The handler writes the whole answer; an error ends the connection.
    pub(crate) fn start(
        handler: impl Fn(&Asked, &mut dyn Wire) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with(None, handler)
    }

    /// The same behind TLS.
    pub(crate) fn start_tls(
        authority: &Authority,
        handler: impl Fn(&Asked, &mut dyn Wire) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Some(authority.server_config()), handler)
    }

    fn with(
        tls: Option<Arc<rustls::ServerConfig>>,
        handler: impl Fn(&Asked, &mut dyn Wire) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, handler) = (Arc::clone(&asked), Arc::new(handler));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (kept, handler, tls) = (Arc::clone(&kept), Arc::clone(&handler), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(client, &kept, &*handler),
                    Some(config) => {
                        let session = rustls::ServerConnection::new(config).unwrap();
                        serve(rustls::StreamOwned::new(session, client), &kept, &*handler);
                    }
                });
            }
        });
        Self { address, asked }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    client: impl Wire,
    kept: &Mutex<Vec<Asked>>,
    handler: &dyn Fn(&Asked, &mut dyn Wire) -> std::io::Result<()>,
) {
    let mut reader = BufReader::new(client);
    while let Some(asked) = read(&mut reader) {
        kept.lock().unwrap().push(asked.clone());
        if handler(&asked, reader.get_mut()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        head.push(line.to_owned());
    }
    let mut asked = Asked {
        method,
        path,
        head,
        body: Vec::new(),
    };
    let length = asked.header("content-length").unwrap_or("0");
    asked.body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

/// Writes a whole answer.
pub(crate) fn answer(
    wire: &mut dyn Wire,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    wire.write_all(head.as_bytes())?;
    wire.write_all(body)?;
    wire.flush()
}

/// Ends the connection.
pub(crate) fn hang_up() -> std::io::Result<()> {
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

/// Passes a request on to a server without TLS, and its answer back; then the connection ends.
pub(crate) fn pass_on(asked: &Asked, wire: &mut dyn Wire, to: SocketAddr) -> std::io::Result<()> {
    let mut upstream = TcpStream::connect(to)?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nconnection: close\r\n",
        asked.method, asked.path
    );
    for line in &asked.head {
        write!(head, "{line}\r\n").unwrap();
    }
    head.push_str("\r\n");
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(&asked.body)?;
    std::io::copy(&mut upstream, wire)?;
    hang_up()
}
