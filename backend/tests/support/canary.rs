//! What must not be reached: a port of loopback that counts whoever connects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

pub struct Canary {
    pub port: u16,
    hits: Arc<AtomicUsize>,
}

impl Canary {
    /// On both loopbacks, where the machine has both.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hits = Arc::new(AtomicUsize::new(0));
        serve(listener, Arc::clone(&hits));
        if let Ok(listener) = TcpListener::bind(("::1", port)).await {
            serve(listener, Arc::clone(&hits));
        }
        Self { port, hits }
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// It would notice: it counts a connection of ours, which is then forgotten.
    pub async fn assert_counts(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        // Counted before it is answered, so the answer is the sign.
        let mut answer = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer)
            .await
            .unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        assert_eq!(self.hits.swap(0, Ordering::SeqCst), 1);
    }
}

fn serve(listener: TcpListener, hits: Arc<AtomicUsize>) {
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            hits.fetch_add(1, Ordering::SeqCst);
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsecret";
            let _ = stream.write_all(answer).await;
        }
    });
}
