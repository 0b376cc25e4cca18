//! Debian packages.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Purpose, find_program, succeeds};
use crate::steps::Step;

const OLDEST_NODE: u32 = 18;

/// Installs the packages that are missing; without the rights to do so it fails with the line to run.
pub fn install(purpose: Purpose, step: &Step) -> Result<()> {
    let packages = missing(purpose);
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!("these Debian packages, or what your system calls them, are missing: {list}");
    }
    if !is_root()? {
        bail!("packages are missing. Run this, then start again:\n\n  sudo apt-get install --yes {list}\n");
    }
    step.progress(&format!("installing {list}"));
    let _policy = StartPolicy::forbid()?;
    // With fresh package lists this is quick; on a new machine there are none yet.
    if apt_get(&packages, step).is_err() {
        let mut update = Command::new("apt-get");
        step.command(update.args(["-o", "DPkg::Lock::Timeout=120", "update"]))
            .context("apt-get can't fetch the package lists: is the network there?")?;
        apt_get(&packages, step)?;
    }
    disable_services(&packages, step)
}

fn missing(purpose: Purpose) -> Vec<&'static str> {
    let mut packages = Vec::new();
    let mut need = |present: bool, names: &[&'static str]| {
        if !present {
            packages.extend(names);
        }
    };
    need(has_postgres(), &["postgresql"]);
    need(find_program("redis-server").is_some(), &["redis-server"]);
    need(
        ["cc", "c++", "make"]
            .iter()
            .all(|name| find_program(name).is_some()),
        &["build-essential"],
    );
    need(has_node() && find_program("npm").is_some(), &["nodejs", "npm"]);
    need(
        succeeds("python3", &["-m", "pip", "--version"]),
        &["python3", "python3-pip"],
    );
    if purpose == Purpose::Test {
        need(find_program("chromium").is_some(), &["chromium"]);
        need(find_program("faketime").is_some(), &["faketime"]);
        need(find_program("nginx").is_some(), &["nginx"]);
        need(find_program("openssl").is_some(), &["openssl"]);
        need(find_program("tesseract").is_some(), &["tesseract-ocr"]);
        need(find_program("pdftoppm").is_some(), &["poppler-utils"]);
        need(
            succeeds("python3", &["-c", "import ensurepip"]),
            &["python3-venv"],
        );
    }
    packages
}

fn has_postgres() -> bool {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    find_program("initdb").is_some()
        || debian
            .into_iter()
            .any(|version| version.path().join("bin/initdb").is_file())
}

fn has_node() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= OLDEST_NODE)
}

fn apt_get(packages: &[&str], step: &Step) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args([
        "-o",
        "DPkg::Lock::Timeout=120",
        "install",
        "--yes",
        "--no-install-recommends",
    ]);
    step.command(command.args(packages))
        .context("apt-get can't install the missing packages")
}

/// We run servers of our own; those of the packages must not start with the machine either.
fn disable_services(packages: &[&str], step: &Step) -> Result<()> {
    if !Path::new("/run/systemd/system").exists() {
        return Ok(());
    }
    for package in packages
        .iter()
        .filter(|package| ["nginx", "postgresql", "redis-server"].contains(package))
    {
        step.command(Command::new("systemctl").args(["disable", "--now", package]))?;
    }
    Ok(())
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("--user").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// Keeps packages from starting their services while it lives, by Debian's own means, `policy-rc.d`.
struct StartPolicy {
    saved: Option<PathBuf>,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl StartPolicy {
    fn forbid() -> Result<Self> {
        let policy = Path::new(POLICY);
        let saved = policy.with_file_name("policy-rc.d.before-botwright");
        let had_one = policy.exists();
        if had_one {
            fs::rename(policy, &saved)?;
        }
        let guard = Self {
            saved: had_one.then_some(saved),
        };
        fs::write(
            policy,
            "#!/bin/sh\n# Of Botwright's set-up: packages must not start their services.\nexit 101\n",
        )?;
        fs::set_permissions(policy, Permissions::from_mode(0o755))?;
        Ok(guard)
    }
}

impl Drop for StartPolicy {
    fn drop(&mut self) {
        let restored = match &self.saved {
            Some(saved) => fs::rename(saved, POLICY),
            None => fs::remove_file(POLICY),
        };
        if let Err(error) = restored {
            eprintln!("can't put {POLICY} back as it was: {error}");
        }
    }
}
