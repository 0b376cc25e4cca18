//! Servers, workers and nginx as processes of their own, as an operator runs them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use reqwest::StatusCode;

/// The server's program.
pub const SERVER: &str = env!("CARGO_BIN_EXE_botwright");

/// Settings by which an installation's programs find each other.
pub type Settings = Vec<(&'static str, String)>;

/// The worker's program. It is built with the tests of its own crate, into the same folder.
pub fn worker() -> PathBuf {
    Path::new(SERVER).with_file_name("botwright-worker")
}

/// A process that is killed when dropped, and never asked.
pub struct Program(Child);

impl Program {
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// One of our programs with these settings and no others.
pub fn command(program: impl AsRef<Path>, settings: &Settings) -> Command {
    let mut command = Command::new(program.as_ref());
    let foreign = |name: &str| {
        name.starts_with("BOTWRIGHT_") || ["DATABASE_URL", "REDIS_URL", "QDRANT_URL"].contains(&name)
    };
    for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
    command
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .env("RUST_LOG", "warn");
    command
}

/// Runs `botwright` to its end.
pub fn botwright(arguments: &[&str], settings: &Settings) -> Output {
    command(SERVER, settings).args(arguments).output().unwrap()
}

/// Ports that were free a moment ago.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits until a program says that it is ready.
pub async fn ready(http: &reqwest::Client, base: &str) {
    let is_ready = async || {
        let answer = http.get(format!("{base}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    };
    while !is_ready().await {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// nginx with the configuration that is shipped, but for addresses and a certificate.
pub struct Nginx {
    folder: tempfile::TempDir,
    pub base: String,
    /// The address that only leads to the other.
    pub plain: String,
    _program: Program,
}

impl Nginx {
    /// Listens at these ports, the second one with TLS, in front of these servers.
    pub fn start([plain, tls]: [u16; 2], servers: [u16; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ])
            .args([
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");

        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx/botwright.conf");
        let mut conf = fs::read_to_string(shipped).unwrap();
        for (from, to) in [
            ("/etc/ssl/certs/bots.example.com.pem", certificate),
            ("/etc/ssl/private/bots.example.com.key", key),
            (
                "server 127.0.0.1:8080 ",
                format!("server 127.0.0.1:{} ", servers[0]),
            ),
            (
                "server 127.0.0.1:8081 ",
                format!("server 127.0.0.1:{} ", servers[1]),
            ),
            ("listen 80;", format!("listen 127.0.0.1:{plain};")),
            ("listen 443 ", format!("listen 127.0.0.1:{tls} ")),
            ("listen [::]:80;", String::new()),
            ("listen [::]:443 ssl http2;", String::new()),
        ] {
            assert!(conf.contains(from), "{from} in the configuration");
            conf = conf.replace(from, &to);
        }
        fs::write(path("botwright.conf"), conf).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", path(name)))
            .concat();
        let main = format!(
            "daemon off;\npid {};\nevents {{}}\nhttp {{\nlog_format upstreams '$upstream_addr';\naccess_log {} upstreams;\n\
             {temporary}include {};\n}}\n",
            path("nginx.pid"),
            path("upstreams.log"),
            path("botwright.conf")
        );
        fs::write(path("nginx.conf"), main).unwrap();
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .unwrap_or("nginx");
        let mut nginx = Command::new(program);
        // In one process, which is what is killed in the end.
        nginx
            .args(["-e", "stderr", "-g", "master_process off;", "-p"])
            .arg(folder.path());
        nginx.args(["-c", &path("nginx.conf")]);
        Self {
            _program: Program::start(&mut nginx),
            base: format!("https://127.0.0.1:{tls}"),
            plain: format!("http://127.0.0.1:{plain}"),
            folder,
        }
    }

    /// The addresses of the servers that answered so far.
    pub fn upstreams(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("upstreams.log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}
