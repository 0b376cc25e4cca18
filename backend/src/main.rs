//! `botwright`: the server and its tools.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use backend::backup::restore;
use backend::{audit, backup, doctor, healthcheck, migrate, plan, routes, serve, services};
use clap::{Parser, Subcommand};
use domain::config::Config;
use domain::kb::parse::sandbox;
use domain::log;
use domain::secrets;
use domain::traces::Export;
use tikv_jemallocator::Jemalloc;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[derive(Parser)]
#[command(name = "botwright", version, about = "A chatbot builder: server and tools")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. Settings come from botwright.toml and BOTWRIGHT_… variables.
    Serve,
    /// Check everything the server needs, and say what to do about what is missing.
    Doctor,
    /// Ask the server of these settings whether it is ready; fails when it is not. For containers.
    Healthcheck {
        /// Ask the worker at BOTWRIGHT_WORKER_LISTEN instead.
        #[arg(long)]
        worker: bool,
    },
    /// Bring the database up to date.
    Migrate {
        /// Say what would be done and try it, then take it back.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the database, the uploaded files and the drafts into one file. The server may be running. The secret key is not in it.
    Backup {
        /// The file, which must not be there yet.
        file: PathBuf,
    },
    /// Restore what `backup` wrote, into an empty database and data folder. Servers and workers must be stopped.
    Restore {
        /// The file.
        file: PathBuf,
        /// Put it into the place of what is there. All of that is removed.
        #[arg(long)]
        replace: bool,
        /// Also when the secret key does not open what is sealed in the back-up.
        #[arg(long)]
        without_key: bool,
    },
    /// The audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Give the data folder another secret key. What the old one sealed still opens, and is sealed anew from the next
    /// start on. With a key in the settings, see docs/SELF-HOSTING.md.
    RotateKey,
    /// Plans with limits, which the settings define.
    Plan {
        #[command(subcommand)]
        command: PlanCommand,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Run only the private Postgres and Redis of a data folder, until standard input ends.
    #[command(hide = true)]
    Services {
        /// The data folder.
        #[arg(long)]
        data_dir: PathBuf,
        /// Start empty, don't wait for the disk, and leave nothing behind.
        #[arg(long)]
        scratch: bool,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Read the whole log and say whether anybody changed it. Fails when somebody did.
    Verify {
        /// Only that of the workspace with this id.
        #[arg(long)]
        workspace: Option<Uuid>,
    },
}

#[derive(Subcommand)]
enum PlanCommand {
    /// Give an organization a plan. Nothing that it has is taken away.
    Set {
        /// The organization's id.
        organization: Uuid,
        /// The name of the plan.
        plan: String,
    },
}

fn main() -> ExitCode {
    if let Some(code) = sandbox::run_if_child() {
        return code;
    }
    observed(Arguments::parse().command).unwrap_or_else(|error| {
        // In one line and without a backtrace: it is read by people.
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs a command with its log and, for the server, traces.
fn observed(command: Command) -> anyhow::Result<ExitCode> {
    let traces = match command {
        Command::Serve => Export::of(&Config::load()?)?,
        _ => None,
    };
    log::begin("info,sqlx::postgres::notice=warn", traces.as_ref());
    let ended = run(command);
    if let Some(traces) = traces {
        traces.finish();
    }
    ended
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::serve(Config::load()?).await?,
        Command::Doctor => return Ok(doctor::run(&Config::load()?).await),
        Command::Healthcheck { worker } => healthcheck::run(&Config::load()?, worker).await?,
        Command::Migrate { dry_run } => migrate::run(&Config::load()?, dry_run).await?,
        Command::Backup { file } => backup::run(&Config::load()?, &file).await?,
        Command::Restore {
            file,
            replace,
            without_key,
        } => {
            let options = restore::Options { replace, without_key };
            restore::run(Config::load()?, &file, options).await?;
        }
        Command::Audit {
            command: AuditCommand::Verify { workspace },
        } => return audit::verify(&Config::load()?, workspace).await,
        Command::RotateKey => rotate_key(&Config::load()?)?,
        Command::Plan {
            command: PlanCommand::Set { organization, plan },
        } => plan::set(&Config::load()?, organization, &plan).await?,
        Command::Openapi => println!(
            "{}",
            serde_json::to_string_pretty(&routes::openapi(&Config::load()?))?
        ),
        Command::Services { data_dir, scratch } => services::run(&data_dir, scratch).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn rotate_key(config: &Config) -> anyhow::Result<()> {
    if config.secret_key.is_some() {
        bail!(
            "the secret key is set by BOTWRIGHT_SECRET_KEY, so only you can change it: put the old one into \
             BOTWRIGHT_PREVIOUS_SECRET_KEYS and a new one, such as the output of `openssl rand -hex 32`, in its place"
        );
    }
    secrets::rotate(&config.data_dir.join(secrets::KEY_FILE))?;
    eprintln!(
        "There is a new secret key. Start the server again; `botwright doctor` says when the old one can go."
    );
    Ok(())
}
