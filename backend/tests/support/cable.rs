//! A network cable that can be pulled: a forwarder on loopback between the server and one of its parts.

use std::net::TcpListener as StdListener;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use url::Url;

/// The forwarder. It ends with the test.
pub struct Cable {
    /// The part's URL through the cable.
    pub url: String,
    plugged: watch::Sender<bool>,
    turned_away: Arc<Notify>,
}

impl Cable {
    /// Leads to the part at `url`, plugged in.
    pub fn to(url: &str) -> Self {
        let mut url: Url = url.parse().unwrap();
        let target = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        let (plugged, state) = watch::channel(true);
        let turned_away = Arc::new(Notify::new());
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(forward(listener, target, state, turned_away.clone()));
        Self {
            url: url.to_string(),
            plugged,
            turned_away,
        }
    }

    /// Cuts every connection, and each that is tried from now on.
    pub fn pull(&self) {
        self.plugged.send_replace(false);
    }

    /// Waits until somebody tries to connect in vain.
    pub async fn turned_away(&self) {
        self.turned_away.notified().await;
    }

    /// Lets connections through again.
    pub fn plug(&self) {
        self.plugged.send_replace(true);
    }
}

async fn forward(
    listener: TcpListener,
    target: (String, u16),
    state: watch::Receiver<bool>,
    turned_away: Arc<Notify>,
) {
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut state = state.clone();
        let target = target.clone();
        let turned_away = turned_away.clone();
        tokio::spawn(async move {
            if !*state.borrow() {
                turned_away.notify_one();
                return;
            }
            let mut far = TcpStream::connect(target).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = state.wait_for(|plugged| !plugged) => {}
            }
        });
    }
}
