//! A Qdrant server of one test's own, to be killed.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use domain::vectors::VectorIndex;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::support::until;

/// A running server; its data goes with it.
pub struct Server {
    program: PathBuf,
    data: TempDir,
    grpc: SocketAddr,
    child: Option<Child>,
}

impl Server {
    /// Starts the program that `QDRANT_BIN` names; `None`, with a word about it, where it names none.
    pub async fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("QDRANT_BIN") else {
            eprintln!("skipped: QDRANT_BIN is not set");
            return None;
        };
        let mut server = Self {
            program: program.into(),
            data: tempfile::tempdir().unwrap(),
            grpc: free_address(),
            child: None,
        };
        server.restart().await;
        Some(server)
    }

    /// Where it answers to gRPC.
    pub fn address(&self) -> SocketAddr {
        self.grpc
    }

    /// The same for the settings.
    pub fn url(&self) -> SecretString {
        format!("http://{}", self.grpc).into()
    }

    /// SIGKILL: nothing is tidied up.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it with the data that it had, and waits until it answers.
    pub async fn restart(&mut self) {
        self.kill();
        let data = self.data.path();
        let child = Command::new(&self.program)
            .current_dir(data)
            .env("QDRANT__STORAGE__STORAGE_PATH", data.join("storage"))
            .env("QDRANT__STORAGE__SNAPSHOTS_PATH", data.join("snapshots"))
            .env("QDRANT__SERVICE__HOST", self.grpc.ip().to_string())
            .env("QDRANT__SERVICE__GRPC_PORT", self.grpc.port().to_string())
            .env("QDRANT__SERVICE__HTTP_PORT", free_address().port().to_string())
            .env("QDRANT__TELEMETRY_DISABLED", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        until("Qdrant answers", async || {
            VectorIndex::check(&self.url()).await.ok()
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Of a port that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
