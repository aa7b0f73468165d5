//! A server in front of a registry that tells the truth until a test has it lie.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ureq::http::Method;

use super::{Answer, Registry};

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The `Authorization` header, or nothing.
    pub authorization: String,
}

/// What it says instead of the truth. It is given the connection, and may say anything.
type Lie = dyn Fn(&Heard, &mut TcpStream) -> bool + Send + Sync;

/// A running liar, in this process and to its end; each connection is for one request.
#[derive(Debug)]
pub struct Liar {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Liar {
    /// Stands in front of a registry. `lie` answers a request by itself and says `true`, or says
    /// `false` and leaves it to the registry.
    #[must_use]
    pub fn before(
        registry: &Arc<Registry>,
        lie: impl Fn(&Heard, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (log, truth, lie) = (heard.clone(), registry.clone(), Arc::new(lie));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, truth, lie) = (log.clone(), truth.clone(), lie.clone());
                std::thread::spawn(move || {
                    // Who breaks off is not told the rest.
                    let _ = serve(stream, &log, &truth, &*lie);
                });
            }
        });
        Self { address, heard }
    }

    /// `127.0.0.1:PORT`, to use for the registry's.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What was asked so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("no test thread panicked").clone()
    }
}

/// Says a whole answer: a status with its reason, header lines, and a body.
pub fn say(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Heard>>,
    truth: &Registry,
    lie: &Lie,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (heard, media_type, body) = hear(&mut reader)?;
    log.lock()
        .expect("no test thread panicked")
        .push(heard.clone());
    if lie(&heard, &mut stream) {
        return Ok(());
    }
    let method = Method::from_bytes(heard.method.as_bytes()).expect("a method");
    let is_head = method == Method::HEAD;
    let method = if is_head { Method::GET } else { method };
    let answer = truth.call(method, &heard.path, &media_type, body);
    tell(&mut stream, &answer, is_head)
}

/// The request, the type of its body, and the body.
fn hear(reader: &mut impl BufRead) -> std::io::Result<(Heard, String, Vec<u8>)> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let header = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let mut words = text.split(' ').map(str::to_owned);
    let heard = Heard {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        authorization: header("authorization"),
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let media_type = header("content-type");
    Ok((heard, media_type, body))
}

fn tell(stream: &mut TcpStream, answer: &Answer, is_head: bool) -> std::io::Result<()> {
    let location = match answer.location.as_str() {
        "" => String::new(),
        // The way back must lead through here too.
        there => {
            let path = there.split_once("/v2/").map_or(there, |(_, path)| path);
            format!("Location: /v2/{path}\r\n")
        }
    };
    let head = format!(
        "HTTP/1.1 {} as the registry says\r\nContent-Type: {}\r\n{location}\
         Docker-Content-Digest: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        answer.media_type,
        super::digest_of(&answer.body),
        answer.body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !is_head {
        stream.write_all(&answer.body)?;
    }
    Ok(())
}
