//! PostgreSQL's own programs, which write and read the dump.

use std::io::{Read, Write, copy};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use percent_encoding::percent_decode_str;
use sqlx::{Connection, PgConnection};
use url::Url;

use crate::embedded::postgres_programs;

/// A server and the programs that understand it.
pub(super) struct Server {
    /// Without the password: command lines can be read by everyone on the machine.
    url: String,
    password: Option<String>,
    version: u32,
}

impl Server {
    /// Asks the server for its version, and whether all rows may be read.
    pub(super) async fn new(database_url: &str) -> Result<Self> {
        let mut connection = PgConnection::connect(database_url)
            .await
            .context("can't reach Postgres")?;
        let number: String = sqlx::query_scalar("show server_version_num")
            .fetch_one(&mut connection)
            .await?;
        let sees_all: bool =
            sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
                .fetch_one(&mut connection)
                .await?;
        connection.close().await?;
        ensure!(
            sees_all,
            "the user of DATABASE_URL sees no rows past the policies that keep tenants apart; as a superuser, run \
             `alter role … bypassrls` for it"
        );
        let mut url = Url::parse(database_url).context("DATABASE_URL can't be read")?;
        let password = url
            .password()
            .map(|password| percent_decode_str(password).decode_utf8().map(Into::into))
            .transpose()?;
        if url.set_password(None).is_err() {
            bail!("DATABASE_URL names no server");
        }
        Ok(Self {
            url: url.into(),
            password,
            version: number.parse::<u32>()? / 10_000,
        })
    }

    /// The server's major version.
    pub(super) const fn version(&self) -> u32 {
        self.version
    }

    /// Writes the database as a snapshot shows it.
    pub(super) fn dump(&self, snapshot: &str, to: &mut impl Write) -> Result<()> {
        let mut command = self.command("pg_dump")?;
        command
            .args(["--format=custom", "--no-owner", "--lock-wait-timeout=30s"])
            .arg(format!("--snapshot={snapshot}"))
            .arg(format!("--dbname={}", self.url))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut program = Program::start("pg_dump", command)?;
        let copied = match program.child.stdout.take() {
            Some(mut stdout) => copy(&mut stdout, to),
            None => bail!("the output of pg_dump is piped"),
        };
        program.end()?;
        copied.context("can't write the dump")?;
        Ok(())
    }

    /// Reads a dump into the database, in one transaction that begins with `before`.
    pub(super) fn load(&self, before: &str, dump: &mut impl Read) -> Result<()> {
        let mut command = self.command("psql")?;
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .arg(format!("--dbname={}", self.url))
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut psql = Program::start("psql", command)?;
        let mut script = psql.child.stdin.take().context("the input of psql is piped")?;
        script.write_all(format!("begin;\n{before}\n").as_bytes())?;

        let mut command = self.command("pg_restore")?;
        command
            .args(["--no-owner", "--file=-"])
            .stdin(Stdio::piped())
            .stdout(script.as_fd().try_clone_to_owned()?);
        let mut restore = Program::start("pg_restore", command)?;
        let copied = match restore.child.stdin.take() {
            Some(mut stdin) => copy(dump, &mut stdin),
            None => bail!("the input of pg_restore is piped"),
        };
        let restored = restore.end();
        // Only what has come whole is kept: without this the transaction is rolled back.
        if copied.is_ok() && restored.is_ok() {
            // When psql has ended already, what it says tells why.
            let _ = script.write_all(b"\ncommit;\n");
        }
        drop(script);
        psql.end()?;
        restored?;
        copied.context("can't read the dump")?;
        Ok(())
    }

    /// A program of the server's version, or else of the next newer one there is.
    fn command(&self, name: &str) -> Result<Command> {
        let mut programs: Vec<(u32, PathBuf)> = postgres_programs(name);
        programs.retain(|(version, _)| *version >= self.version);
        programs.sort();
        let Some((_, program)) = programs.into_iter().next() else {
            bail!(
                "`{name}` of PostgreSQL {0} or newer is not installed: run `sudo apt-get install postgresql-client-{0}`",
                self.version
            );
        };
        let mut command = Command::new(program);
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        Ok(command)
    }
}

/// A program at work, and what it complains about.
struct Program {
    name: &'static str,
    child: Child,
    complaints: thread::JoinHandle<String>,
}

impl Program {
    fn start(name: &'static str, mut command: Command) -> Result<Self> {
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {name}"))?;
        let stderr = child.stderr.take();
        let complaints = thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stderr) = stderr {
                // What could be read of it is better than nothing.
                let _ = stderr.read_to_end(&mut bytes);
            }
            String::from_utf8_lossy(&bytes).trim().to_owned()
        });
        Ok(Self {
            name,
            child,
            complaints,
        })
    }

    /// Waits until it has ended, and fails when it failed.
    fn end(mut self) -> Result<()> {
        let status = self.child.wait()?;
        let complaints = self.complaints.join().unwrap_or_default();
        ensure!(status.success(), "{} failed ({status}): {complaints}", self.name);
        Ok(())
    }
}
