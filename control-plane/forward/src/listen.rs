//! Where Envoy connects: a Unix socket, loopback, or mutual TLS.

use std::{io, net::SocketAddr};

use bartizan_ports::ForwardAddress;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{BindError, ForwardListen};

mod tls;
mod unix;

/// A bound listener.
pub(crate) struct Listener {
    address: ForwardAddress,
    kind: Kind,
}

enum Kind {
    Unix(unix::Socket),
    Plain(TcpListener),
    Tls(TcpListener, TlsAcceptor),
}

/// Bytes to and from Envoy.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection that may still have to prove who it is.
pub(crate) enum Accepted {
    Proven(Box<dyn Connection>),
    Unproven(TcpStream, TlsAcceptor),
}

impl Listener {
    pub(crate) async fn bind(listen: &ForwardListen) -> Result<Self, BindError> {
        let (address, kind) = match listen {
            ForwardListen::Unix(path) => (
                ForwardAddress::Unix(path.clone()),
                Kind::Unix(unix::Socket::bind(path)?),
            ),
            ForwardListen::Loopback(address) if !address.ip().is_loopback() => {
                return Err(BindError::PlainOffLoopback(*address));
            }
            ForwardListen::Loopback(address) => {
                let (address, listener) = bind_tcp(*address).await?;
                (ForwardAddress::Tcp(address), Kind::Plain(listener))
            }
            ForwardListen::Tls(address, files) => {
                let acceptor = tls::acceptor(files)?;
                let (address, listener) = bind_tcp(*address).await?;
                (ForwardAddress::Tcp(address), Kind::Tls(listener, acceptor))
            }
        };
        Ok(Self { address, kind })
    }

    /// Where it listens, with the port it was given.
    pub(crate) const fn address(&self) -> &ForwardAddress {
        &self.address
    }

    /// The next connection. Cancel-safe.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match &self.kind {
            Kind::Unix(socket) => Ok(Accepted::Proven(Box::new(socket.accept().await?))),
            Kind::Plain(listener) => Ok(Accepted::Proven(Box::new(accept_tcp(listener).await?))),
            Kind::Tls(listener, acceptor) => Ok(Accepted::Unproven(accept_tcp(listener).await?, acceptor.clone())),
        }
    }
}

impl Accepted {
    /// Completes the TLS handshake, if there is one.
    pub(crate) async fn prove(self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Proven(connection) => Ok(connection),
            Self::Unproven(stream, acceptor) => tls::handshake(stream, &acceptor).await,
        }
    }
}

async fn bind_tcp(address: SocketAddr) -> Result<(SocketAddr, TcpListener), BindError> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        Ok((listener.local_addr()?, listener))
    };
    bound.await.map_err(|source| BindError::Listen {
        address: address.to_string(),
        source,
    })
}

async fn accept_tcp(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
