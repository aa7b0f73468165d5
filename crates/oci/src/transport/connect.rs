//! Opens connections: directly or through a proxy, with or without TLS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::failure::Failure;
use super::lanes::{Connection, Driver, Forward, Open};
use super::proxy::{Proxies, Proxy};
use super::tls::Trust;
use super::{Origin, Scheme};
use crate::error::OciError;
use crate::options::Options;

/// How long one host's addresses are tried, so that one dead address leaves time for a retry.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// The longest head of an answer in bytes.
const HEAD: usize = 64 * 1024;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(super) type Socket = Box<dyn Stream>;

/// Opens connections.
pub(super) struct Connector {
    tcp: HttpConnector,
    trust: Trust,
    proxies: Proxies,
}

impl Connector {
    pub(super) fn new(options: &Options) -> Result<Self, OciError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIME));
        Ok(Self {
            tcp,
            trust: Trust::new(options)?,
            proxies: Proxies::new(&options.environment),
        })
    }

    /// Opens a connection to an origin, which is a registry that was `named` or where one leads
    /// to. `open` is held as long as it is open.
    pub(super) async fn connect(
        &self,
        origin: &Origin,
        named: bool,
        open: Open,
    ) -> Result<Connection, Failure> {
        let proxy = self.proxies.of(origin).map_err(Failure::Final)?;
        let (socket, forward) = match (proxy, origin.scheme) {
            (None, _) => (self.tcp(origin).await?, None),
            (Some(proxy), Scheme::Http) => (self.to_proxy(&proxy).await?, Some(proxy.forward())),
            (Some(proxy), Scheme::Https) => {
                let socket = self.to_proxy(&proxy).await?;
                (proxy.tunnel(socket, origin).await?, None)
            }
        };
        let socket = match origin.scheme {
            Scheme::Http => socket,
            Scheme::Https => {
                let config = self.trust.of(named).map_err(Failure::Final)?;
                let name = self.trust.name_of(origin, named).map_err(Failure::Final)?;
                self.tls(origin, socket, config, name).await?
            }
        };
        handshake(origin, socket, forward, open).await
    }

    async fn tcp(&self, origin: &Origin) -> Result<Socket, Failure> {
        let uri = origin.uri().map_err(Failure::Final)?;
        let connected: Result<TokioIo<TcpStream>, _> = self.tcp.clone().call(uri).await;
        match connected {
            Ok(socket) => Ok(Box::new(socket.into_inner())),
            Err(error) => Err(Failure::of_connect(origin, error)),
        }
    }

    /// A connection to the proxy itself. Our private authority, certificate and `allow_insecure`
    /// are for registries, not for proxies.
    async fn to_proxy(&self, proxy: &Proxy) -> Result<Socket, Failure> {
        let socket = self.tcp(&proxy.origin).await?;
        if proxy.origin.scheme == Scheme::Http {
            return Ok(socket);
        }
        let config = self.trust.of_system().map_err(Failure::Final)?;
        let name = super::tls::server_name(proxy.origin.host()).map_err(Failure::Final)?;
        self.tls(&proxy.origin, socket, config, name).await
    }

    async fn tls(
        &self,
        origin: &Origin,
        socket: Socket,
        config: Arc<rustls::ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Socket, Failure> {
        match TlsConnector::from(config).connect(name, socket).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(Failure::of_connect(origin, error)),
        }
    }
}

async fn handshake(
    origin: &Origin,
    socket: Socket,
    forward: Option<Forward>,
    open: Open,
) -> Result<Connection, Failure> {
    let mut builder = http1::Builder::new();
    builder.max_header_size(HEAD);
    let shaken = builder.handshake(TokioIo::new(socket)).await;
    let (sender, connection) = shaken.map_err(|error| Failure::of_connect(origin, error))?;
    let driver = tokio::spawn(async move {
        // Its error is the one that the request under way gets.
        let _ = connection.await;
        drop(open);
    });
    Ok(Connection::new(
        origin.clone(),
        sender,
        forward,
        Driver::new(driver),
    ))
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}
