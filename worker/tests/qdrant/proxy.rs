//! A TCP proxy that cuts connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Cuts every connection once so many bytes went to the server, until it is told to stop that.
pub struct Proxy {
    address: SocketAddr,
    limit: Arc<AtomicUsize>,
    cuts: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(server: SocketAddr, limit: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limit = Arc::new(AtomicUsize::new(limit));
        let cuts = Arc::new(AtomicUsize::new(0));
        let (its_limit, its_cuts) = (Arc::clone(&limit), Arc::clone(&cuts));
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(
                    client,
                    server,
                    Arc::clone(&its_limit),
                    Arc::clone(&its_cuts),
                ));
            }
        });
        Self {
            address,
            limit,
            cuts,
            task,
        }
    }

    pub fn url(&self) -> SecretString {
        format!("http://{}", self.address).into()
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }

    /// Cuts no more.
    pub fn heal(&self) {
        self.limit.store(usize::MAX, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, server: SocketAddr, limit: Arc<AtomicUsize>, cuts: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 4096];
    let mut passed = 0;
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        passed += length;
        if passed > limit.load(Ordering::SeqCst) {
            cuts.fetch_add(1, Ordering::SeqCst);
            break;
        }
        if to_server.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // Both halves of both connections are dropped with it.
    back.abort();
}
