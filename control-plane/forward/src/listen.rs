//! Where Envoy connects: a Unix socket, loopback, or mutual TLS.

use std::{
    io,
    net::{SocketAddr, TcpStream as StdTcpStream},
    os::unix::net::UnixStream as StdUnixStream,
};

use bartizan_ports::ForwardAddress;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixStream},
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

/// A connection that no runtime looks after yet, and that may still have to prove who it is.
pub(crate) enum Accepted {
    Unix(StdUnixStream),
    Plain(StdTcpStream),
    Tls(StdTcpStream, TlsAcceptor),
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
            Kind::Unix(socket) => Ok(Accepted::Unix(socket.accept().await?.into_std()?)),
            Kind::Plain(listener) => Ok(Accepted::Plain(accept_tcp(listener).await?)),
            Kind::Tls(listener, acceptor) => Ok(Accepted::Tls(accept_tcp(listener).await?, acceptor.clone())),
        }
    }
}

impl Accepted {
    /// Has the runtime that this runs on look after it, and completes the TLS handshake, if there is one.
    pub(crate) async fn prove(self) -> io::Result<Box<dyn Connection>> {
        Ok(match self {
            Self::Unix(stream) => Box::new(UnixStream::from_std(stream)?),
            Self::Plain(stream) => Box::new(TcpStream::from_std(stream)?),
            Self::Tls(stream, acceptor) => tls::handshake(TcpStream::from_std(stream)?, &acceptor).await?,
        })
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

async fn accept_tcp(listener: &TcpListener) -> io::Result<StdTcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    stream.into_std()
}
