//! Small HTTP/1.1 requests to our own and Envoy's listeners, one connection each.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// More than Envoy's admin says to anything asked here.
const MAX_BODY_BYTES: usize = 8 << 20;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) async fn get(address: SocketAddr, path: &str, deadline: Duration) -> Result<Answer> {
    send(Method::GET, address, path, deadline).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, deadline: Duration) -> Result<Answer> {
    send(Method::POST, address, path, deadline).await
}

async fn send(method: Method, address: SocketAddr, path: &str, deadline: Duration) -> Result<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address.to_string())
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let exchange = async {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let answer = async {
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect().await;
            let body = body.map_err(anyhow::Error::from_boxed)?.to_bytes();
            Ok(Answer { status, body })
        };
        tokio::pin!(answer, connection);
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            closed = &mut connection => {
                closed?;
                answer.await
            }
        }
    };
    tokio::time::timeout(deadline, exchange)
        .await
        .unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", deadline.as_secs_f32())))
        .with_context(|| format!("http://{address}{path}"))
}
