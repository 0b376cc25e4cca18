//! The connections of the server: how many, how long a client may take, and how they end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// How long a connection may be without a request, or a client take for the head of one. Longer than the proxies in front
/// keep theirs open, which else would send a request just as it is closed.
const PATIENCE: Duration = Duration::from_secs(75);
/// The same while more than half of all connections are open.
const LITTLE_PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may leave unread what it was sent, before its connection is given up.
const UNREAD: Duration = Duration::from_secs(60);
/// Most connections, of a hundred files that may be open: most of those that ask for an answer need another one to its model.
const CONNECTIONS_PERCENT: u64 = 60;
/// How long one connection too many is given to read that it is one too many, and how many are at the same time.
const TURNING_AWAY: Duration = Duration::from_secs(1);
const TURNED_AWAY: usize = 256;
/// How long a connection without a request is still listened to once no other is taken.
const LAST_REQUEST: Duration = Duration::from_millis(500);
/// Pause after the system could not open a connection.
const PAUSE: Duration = Duration::from_millis(100);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\n\
    connection: close\r\ncontent-length: 176\r\n\r\n\
    {\"type\":\"/docs/errors#service_unavailable\",\"title\":\"Away for the moment\",\"status\":503,\"code\":\"service_unavailable\",\
    \"detail\":\"Too many connections are open; try again shortly.\"}";

/// Serves until `closing`; then takes no further connection, and ends once the requests of those that are open are answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
    let most = most_connections();
    let seats = Arc::new(Semaphore::new(most));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let connections = TaskTracker::new();
    let admit = |(stream, address): (TcpStream, SocketAddr)| {
        let Ok(seat) = seats.clone().try_acquire_owned() else {
            if let Ok(place) = turned_away.clone().try_acquire_owned() {
                connections.spawn(async move {
                    let _place = place;
                    // It is gone either way.
                    let _ = timeout(TURNING_AWAY, turn_away(stream)).await;
                });
            }
            return;
        };
        let is_crowded = seats.available_permits() < most / 2;
        let patience = if is_crowded { LITTLE_PATIENCE } else { PATIENCE };
        let (router, closing) = (router.clone(), closing.clone());
        connections.spawn(async move {
            let _seat = seat;
            if let Err(error) = connection(stream, address, router, patience, closing).await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => break,
        };
        match accepted {
            Ok(accepted) => admit(accepted),
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't take connections for the moment");
                sleep(PAUSE).await;
            }
        }
    }
    // Those that the system has taken for us already would be reset.
    match listener.into_std() {
        Ok(listener) => waiting(&listener).for_each(admit),
        Err(error) => tracing::debug!(%error, "some connections may be reset"),
    }
    connections.close();
    connections.wait().await;
}

/// Connections that wait to be taken.
fn waiting(listener: &std::net::TcpListener) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
    // Made by tokio, so it blocks nobody: when there are no more, that is an error.
    std::iter::from_fn(|| listener.accept().ok()).filter_map(|(stream, address)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, address))
    })
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    patience: Duration,
    closing: CancellationToken,
) -> hyper::Result<()> {
    set_options(&stream);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = &mut connection => return ended,
        () = closing.cancelled() => {}
    }
    // A request may be on its way of a client that has not heard yet; each answer ends its connection by now.
    if let Ok(ended) = timeout(LAST_REQUEST, &mut connection).await {
        return ended;
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

fn set_options(stream: &TcpStream) {
    // Small pieces of an answer go out at once, instead of waiting until the client has acknowledged those before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection may hold small pieces back");
    }
    let unread = u32::try_from(UNREAD.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = setsockopt(stream, sockopt::TcpUserTimeout, &unread) {
        tracing::debug!(%error, "a connection may stay open that nobody reads");
    }
}

/// Says that there are too many.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(FULL).await?;
    stream.shutdown().await?;
    // Closed with a request unread, the answer might never arrive.
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// Whether an error is of the connection that was to be taken, and says nothing of the next.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionRefused | Kind::ConnectionAborted | Kind::ConnectionReset
    )
}

/// As many connections as the files allow that this process may open, of which it takes what it can get.
fn most_connections() -> usize {
    let files = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() => hard,
        Ok((soft, _)) => soft,
        Err(_) => 1_024,
    };
    let most = files.min(1_000_000) * CONNECTIONS_PERCENT / 100;
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn what_is_said_to_one_too_many_is_as_long_as_it_says() {
        let mut headers = [httparse::EMPTY_HEADER; 8];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(FULL).unwrap() else {
            panic!("not a whole head")
        };
        let length = response
            .headers
            .iter()
            .find(|header| header.name == "content-length");
        let length: usize = std::str::from_utf8(length.unwrap().value)
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(length, FULL.len() - head);
        let body: serde_json::Value = serde_json::from_slice(&FULL[head..]).unwrap();
        assert_eq!(body["code"], "service_unavailable");
    }
}
