//! A Redis of the test's own, on a loopback port that was free.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use bartizan_store::RedisCache;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct RedisServer {
    process: Child,
    address: SocketAddr,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = Self {
            process: launch(address),
            address,
        };
        server.wait().await;
        server
    }

    pub(crate) fn cache(&self) -> RedisCache {
        RedisCache::new(&format!("redis://{}", self.address)).unwrap()
    }

    /// Waits until it is gone.
    pub(crate) async fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) async fn restart(&mut self) {
        self.process = launch(self.address);
        self.wait().await;
    }

    /// Has it carry out a command, whatever it answers.
    pub(crate) async fn command(&self, command: &str) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        let mut answer = [0; 64];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
    }

    async fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).await.is_err() {
            assert!(Instant::now() < deadline, "Redis does not start");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(address: SocketAddr) -> Child {
    let port = address.port().to_string();
    Command::new("redis-server")
        .args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port,
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
