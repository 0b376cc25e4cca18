//! Where the private servers live and as whom they run.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::{Gid, Uid, User, geteuid, setfsgid, setfsuid};
use uuid::Uuid;

/// Used when the data folder lies where the servers' user can't go, for example below `/root`.
const FALLBACK: &str = "/var/lib/botwright";
/// In bytes: a socket's path has 107 (unix(7)), and Postgres calls its own `/.s.PGSQL.<port>`.
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.65535".len();

/// The folder of the private servers.
#[derive(Debug, Clone)]
pub(super) struct Home {
    folder: PathBuf,
    /// `services` in the data folder: the folder itself or a link to it.
    services: PathBuf,
    /// Postgres refuses to run as root, so root starts the servers as somebody else.
    user: Option<(u32, u32)>,
}

impl Home {
    /// Finds or makes the servers' folder of a data folder: `services` in it, or a link of that name to a
    /// folder elsewhere.
    pub(super) fn open(data_dir: &Path) -> Result<Self> {
        let data_dir = data_dir.canonicalize()?;
        let services = data_dir.join("services");
        let existing = existing_folder(&services)?;
        if !geteuid().is_root() {
            return Self::open_as_ourselves(existing.unwrap_or_else(|| services.clone()), services);
        }
        let user = Some(match &existing {
            Some(folder) => owner(folder)?,
            None => servers_user()?,
        });
        let home = Self {
            folder: existing.unwrap_or_else(|| services.clone()),
            services,
            user,
        };
        home.make_folder(&home.folder)?;
        if home.is_reachable()? {
            return Ok(home);
        }
        home.move_to_fallback()
    }

    fn open_as_ourselves(folder: PathBuf, services: PathBuf) -> Result<Self> {
        let home = Self {
            folder,
            services,
            user: None,
        };
        home.make_folder(&home.folder)?;
        let owner = fs::metadata(&home.folder)?.uid();
        if owner != geteuid().as_raw() {
            bail!(
                "{} belongs to user {}: start Botwright as that user or as root, or choose another data folder",
                home.folder.display(),
                name_of(owner)
            );
        }
        Ok(home)
    }

    /// A path in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder of the servers' sockets, without those that an earlier run left there. `None` when its path is longer than a
    /// socket's may be, or one that Postgres would take for a list.
    pub(super) fn make_sockets(&self) -> Result<Option<String>> {
        let folder = self.path("sockets");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("can't clear {}", folder.display()))?;
        }
        let path = folder
            .to_str()
            .filter(|path| path.len() <= LONGEST_SOCKET_FOLDER && !path.contains([',', '"']));
        let Some(path) = path else { return Ok(None) };
        self.make_folder(&folder)?;
        Ok(Some(path.to_owned()))
    }

    /// Makes a folder that only the servers' user can read.
    pub(super) fn make_folder(&self, folder: &Path) -> Result<()> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            result => result.with_context(|| format!("can't create {}", folder.display()))?,
        }
        self.hand_over(folder)
    }

    /// Writes a file that only the servers' user can read.
    pub(super) fn write_secret(&self, path: &Path, text: &str) -> Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("can't write {}", path.display()))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        self.hand_over(path)
    }

    /// The password of both servers, made at the first start.
    pub(super) fn password(&self) -> Result<String> {
        let path = self.path("password");
        match fs::read_to_string(&path) {
            Ok(password) if !password.is_empty() => return Ok(password),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can't read {}", path.display()));
            }
            _ => {}
        }
        let password = Uuid::new_v4().simple().to_string();
        self.write_secret(&path, &password)?;
        Ok(password)
    }

    /// A log file, opened for appending; kept as `<name>.old` once it has grown past 10 MB.
    pub(super) fn log(&self, name: &str) -> Result<File> {
        let path = self.path(name);
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > 10_000_000) {
            fs::rename(&path, self.path(&format!("{name}.old")))?;
        }
        let mut options = OpenOptions::new();
        options
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("can't write {}", path.display()))
    }

    /// A command that runs as the servers' user, sees nothing of our environment (it may hold secrets), and
    /// does not get the terminal's Ctrl-C: we stop the servers ourselves, last.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(&self.folder)
            .process_group(0)
            .stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Whether a process is there and runs as the servers' user.
    pub(super) fn runs(&self, pid: i32) -> bool {
        let user = self.user.map_or_else(|| geteuid().as_raw(), |(uid, _)| uid);
        fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == user)
    }

    /// Reads a link as the servers' user: in a container even root may not see in which folder another user's
    /// process works, as it has no `CAP_SYS_PTRACE` there.
    pub(super) fn read_link(&self, link: &Path) -> io::Result<PathBuf> {
        let Some((uid, gid)) = self.user else {
            return fs::read_link(link);
        };
        // This holds for our thread only, on which nothing else runs until it is taken back.
        let old_group = setfsgid(Gid::from_raw(gid));
        let old_user = setfsuid(Uid::from_raw(uid));
        let target = fs::read_link(link);
        setfsuid(old_user);
        setfsgid(old_group);
        target
    }

    /// Removes everything in the folder.
    pub(super) fn wipe(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder).with_context(|| format!("can't clear {}", self.folder.display()))?;
        self.make_folder(&self.folder)
    }

    /// Removes the folder.
    pub(super) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("can't remove {}", self.folder.display()))?;
        if self.services.is_symlink() {
            fs::remove_file(&self.services)?;
        }
        Ok(())
    }

    /// Whether the servers' user can enter the folder, tried out.
    fn is_reachable(&self) -> Result<bool> {
        match self.command(Path::new("/bin/true")).status() {
            Ok(status) => Ok(status.success()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error).context("can't start a program as the servers' user"),
        }
    }

    fn move_to_fallback(self) -> Result<Self> {
        if self.services.is_symlink() || fs::remove_dir(&self.services).is_err() {
            bail!(
                "the servers' user can't enter {}: give it the right to",
                self.folder.display()
            );
        }
        let folder = Path::new(FALLBACK).join(Uuid::new_v4().simple().to_string());
        DirBuilder::new().recursive(true).mode(0o755).create(FALLBACK)?;
        let home = Self { folder, ..self };
        home.make_folder(&home.folder)?;
        symlink(&home.folder, &home.services)?;
        tracing::warn!(
            folder = %home.folder.display(),
            link = %home.services.display(),
            "the servers' user can't enter the data folder, so the database lives elsewhere"
        );
        Ok(home)
    }

    fn hand_over(&self, path: &Path) -> Result<()> {
        let Some((uid, gid)) = self.user else {
            return Ok(());
        };
        chown(path, Some(uid), Some(gid))
            .with_context(|| format!("can't change the owner of {}", path.display()))
    }
}

/// The folder at `services` or behind the link there.
fn existing_folder(services: &Path) -> Result<Option<PathBuf>> {
    match services.canonicalize() {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.kind() == ErrorKind::NotFound && !services.is_symlink() => Ok(None),
        Err(error) => Err(error).with_context(|| {
            format!(
                "the database folder behind {} is gone: bring it back, or remove the link",
                services.display()
            )
        }),
    }
}

/// Who the servers of an existing folder run as: whoever owns it.
fn owner(folder: &Path) -> Result<(u32, u32)> {
    let metadata = fs::metadata(folder)?;
    if metadata.uid() == 0 {
        bail!(
            "{} belongs to root, and Postgres refuses to run as root",
            folder.display()
        );
    }
    Ok((metadata.uid(), metadata.gid()))
}

fn servers_user() -> Result<(u32, u32)> {
    let user = User::from_name("postgres")?.context(
        "Postgres refuses to run as root, and there is no user `postgres` to run it as: \
         install Debian's package `postgresql`, which makes that user, or don't start as root",
    )?;
    Ok((user.uid.as_raw(), user.gid.as_raw()))
}

fn name_of(uid: u32) -> String {
    User::from_uid(uid.into())
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |user| user.name)
}
