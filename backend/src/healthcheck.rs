//! `botwright healthcheck`: whether the server, or the worker, of these settings is ready.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long it may take to answer: longer than a part that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(4);

/// Fails, and says why, unless it answers `/readyz` with 200.
pub async fn run(config: &Config, worker: bool) -> anyhow::Result<()> {
    let listen = if worker {
        config
            .worker_listen
            .context("set BOTWRIGHT_WORKER_LISTEN to the address where the worker answers")?
    } else {
        config.listen
    };
    let address = own(listen);
    let answer = timeout(PATIENCE, readyz(address))
        .await
        .with_context(|| format!("{address} did not answer in time"))?
        .with_context(|| format!("can't ask {address}"))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split_whitespace().nth(1) != Some("200") {
        let body = answer.lines().last().unwrap_or_default();
        bail!("{address} is not ready: {status}: {body}");
    }
    Ok(())
}

/// Where a program on the same machine reaches what listens there.
fn own(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The whole answer. HTTP/1.0, so it ends with the connection and comes in one piece.
async fn readyz(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
