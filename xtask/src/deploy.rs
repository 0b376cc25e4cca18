//! Looks at what is in `deploy/` and at `docker-compose.yml` with the tools of those who read such files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths::Paths;
use crate::python;
use crate::setup::find_program;
use crate::steps::Step;

/// The oldest and the newest Kubernetes that the manifests are held against.
const KUBERNETES: [&str; 2] = ["1.30", "1.37"];

/// Values of a Helm chart, and what only `kubectl` reads: no resources.
const NO_RESOURCES: [&str; 2] = ["prometheus-adapter.yaml", "kustomization.yaml"];

/// Checks the compose file, the Dockerfile, the Kubernetes manifests and nginx's configuration.
pub fn check(paths: &Paths, step: &Step) -> Result<()> {
    let requirements = paths.root.join("xtask/deploy/requirements.txt");
    let python = python::with_packages(paths, "deploy-venv", &requirements, step)?;
    let tools = python.parent().context("the virtual environment has a folder")?;

    step.command(
        Command::new(tools.join("check-jsonschema"))
            .args(["--builtin-schema", "vendor.compose-spec"])
            .arg(paths.root.join("docker-compose.yml")),
    )?;
    step.command(Command::new(tools.join("hadolint")).arg(paths.root.join("deploy/Dockerfile")))?;
    let manifests = manifests(&paths.root.join("deploy/kubernetes"))?;
    for version in KUBERNETES {
        let mut validate = Command::new(tools.join("kubernetes-validate"));
        validate.args(["--strict", "--quiet", "--kubernetes-version", version]);
        step.command(validate.args(&manifests))?;
    }
    nginx(paths, step)
}

/// The files with resources.
fn manifests(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_resource = !NO_RESOURCES.iter().any(|name| path.ends_with(name));
        if is_resource && path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "no manifests in {}", folder.display());
    files.sort();
    Ok(files)
}

/// Has nginx itself read its configuration, with a certificate and ports that anybody may use.
fn nginx(paths: &Paths, step: &Step) -> Result<()> {
    let program = find_program("nginx").context("nginx is missing")?;
    let folder = paths.own("nginx");
    fs::create_dir_all(&folder)?;
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"]);
    step.command(openssl.arg(&key).arg("-out").arg(&certificate))?;

    let shipped = fs::read_to_string(paths.root.join("deploy/nginx/botwright.conf"))?;
    let conf: String = shipped
        .replace(
            "/etc/ssl/certs/bots.example.com.pem",
            &certificate.to_string_lossy(),
        )
        .replace("/etc/ssl/private/bots.example.com.key", &key.to_string_lossy())
        .replace("listen 80;", "listen 127.0.0.1:18080;")
        .replace("listen 443 ", "listen 127.0.0.1:18443 ")
        .lines()
        .filter(|line| !line.contains("listen [::]"))
        .flat_map(|line| [line, "\n"])
        .collect();
    fs::write(folder.join("botwright.conf"), conf)?;
    // Nothing in places that are root's only.
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {name};\n"))
        .concat();
    let main = folder.join("nginx.conf");
    fs::write(
        &main,
        format!(
            "pid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}include botwright.conf;\n}}\n"
        ),
    )?;
    let mut test = Command::new(program);
    test.args(["-t", "-e", "stderr", "-p"])
        .arg(&folder)
        .arg("-c")
        .arg(main);
    step.command(&mut test)
}
