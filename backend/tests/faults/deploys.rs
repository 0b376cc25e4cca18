//! The same deploy many times at once, and deploys that are killed anywhere.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::amount;
use super::api::{Admin, draft_path, text};
use super::machine::{Machine, Server};

/// Those who deploy the same draft at the same time.
const AT_ONCE: usize = 20;

/// Providers are checked when they are made.
fn may_reach_its_model(command: &mut Command) {
    command.env("BOTWRIGHT_OUTBOUND_ALLOW", "[\"127.0.0.1:1\"]");
}

/// How a bot stands in the database.
#[derive(Debug, sqlx::FromRow)]
struct Standing {
    live_version: i32,
    /// What the bot's own row says, what its live version does, and what that version depends on.
    name: String,
    content_name: Option<String>,
    provider: Option<Uuid>,
    depends_on: Vec<Uuid>,
    versions: i64,
    deploys: i64,
}

async fn standing(database: &mut PgConnection, bot: &str) -> Standing {
    sqlx::query_as(
        "select b.live_version, b.name, v.content ->> 'name' as content_name,
             (v.content -> 'model' ->> 'provider_id')::uuid as provider,
             array(select provider_id from bot_providers p where p.bot_id = b.id) as depends_on,
             (select count(*) from bot_versions n where n.bot_id = b.id) as versions,
             (select count(*) from audit_log a where a.object_id = b.id and a.action = 'bot.deploy') as deploys
         from bots b left join bot_versions v on v.bot_id = b.id and v.version = b.live_version
         where b.id = $1::uuid",
    )
    .bind(bot)
    .fetch_one(database)
    .await
    .unwrap()
}

impl Standing {
    /// Never a part of one version and a part of another.
    fn assert_whole(&self) {
        assert_eq!(Some(&self.name), self.content_name.as_ref(), "{self:?}");
        assert_eq!(
            self.depends_on,
            self.provider.into_iter().collect::<Vec<_>>(),
            "{self:?}"
        );
        assert_eq!(self.versions, i64::from(self.live_version), "{self:?}");
        assert_eq!(self.versions, self.deploys, "{self:?}");
    }
}

/// A draft that edits the bot and gives it this name.
async fn edit(admin: &Admin, bot: &str, name: &str) -> Value {
    let mut draft = admin
        .ok(Method::POST, "/api/v1/chatbots/draft", &json!({ "from": bot }))
        .await;
    draft["content"]["name"] = json!(name);
    let body = json!({ "version": draft["version"], "content": draft["content"] });
    admin.ok(Method::PUT, &draft_path(&draft), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_deploy_twenty_times_at_once_is_one_version() {
    let rounds = amount(2, 20);
    let machine = Machine::start();
    let servers = [
        Server::start(&machine, may_reach_its_model).await,
        Server::start(&machine, may_reach_its_model).await,
    ];
    let admin = Admin::sign_up(&servers[0]).await;
    let bot = admin.bot("127.0.0.1:1").await;
    let mut database = PgConnection::connect(&machine.database_url).await.unwrap();
    for round in 0..rounds {
        let draft = edit(&admin, &bot, &format!("Round {round}")).await;
        let path = format!("{}/deploy", draft_path(&draft));
        let deploys: Vec<_> = (0..AT_ONCE)
            .map(|n| {
                let (admin, path) = (admin.at(&servers[n % 2]), path.clone());
                tokio::spawn(async move { admin.ok(Method::POST, &path, &json!({})).await })
            })
            .collect();
        for deploy in deploys {
            let deployed = deploy.await.unwrap();
            assert_eq!(text(&deployed, "bot_id"), bot);
            assert_eq!(deployed["version"], round + 2);
        }
        let standing = standing(&mut database, &bot).await;
        standing.assert_whole();
        assert_eq!(standing.name, format!("Round {round}"));
    }
    println!(
        "fault: the same deploy {AT_ONCE} times at once at two servers, {rounds} times: one version each, 0 duplicates"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_killed_anywhere_leaves_the_old_version_or_the_new() {
    let (kills, cuts) = (amount(10, 200), amount(60, 800));
    let machine = Machine::start();
    let mut server = Server::start(&machine, may_reach_its_model).await;
    let address = server.address.clone();
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot("127.0.0.1:1").await;
    let mut database = PgConnection::connect(&machine.database_url).await.unwrap();
    // How long a whole one takes, so that it is struck at any moment of it.
    let draft = edit(&admin, &bot, "First").await;
    let began = Instant::now();
    admin
        .ok(
            Method::POST,
            &format!("{}/deploy", draft_path(&draft)),
            &json!({}),
        )
        .await;
    let whole = began.elapsed().max(Duration::from_millis(5));
    let (mut old, mut new, mut before) = (0, 0, "First".to_owned());
    for n in 0..kills + cuts {
        let name = format!("Deploy {n}");
        let draft = edit(&admin, &bot, &name).await;
        let path = format!("{}/deploy", draft_path(&draft));
        let deploying = {
            let (admin, path) = (admin.clone(), path.clone());
            tokio::spawn(async move { admin.ask(Method::POST, &path, &json!({})).await })
        };
        // Evenly over a bit more than all of it.
        let steps = u32::try_from(kills + cuts).unwrap();
        let step = u32::try_from(n).unwrap() * 7 % steps;
        tokio::time::sleep(whole * step / steps * 5 / 4).await;
        if n < kills {
            server.signal(Signal::SIGKILL);
            server.wait().await;
        } else {
            let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'botwright_app'";
            sqlx::query(cut).execute(&mut database).await.unwrap();
        }
        let asked = deploying.await.unwrap();
        assert!(
            asked.status.is_none() || asked.is_success() || asked.is_away(),
            "{asked:?}"
        );
        let standing = standing(&mut database, &bot).await;
        standing.assert_whole();
        assert!([&before, &name].contains(&&standing.name), "{standing:?}");
        assert!(
            !asked.is_success() || standing.name == name,
            "an acknowledged deploy is lost: {standing:?}"
        );
        match standing.name == name {
            true => new += 1,
            false => old += 1,
        }
        if n < kills {
            server = Server::start_at(&machine, &address, may_reach_its_model).await;
        }
        // Asked again, it is the new one, once.
        admin.until_ok(Method::POST, &path, &json!({})).await;
        let after = self::standing(&mut database, &bot).await;
        after.assert_whole();
        assert_eq!(after.name, name);
        before = name;
    }
    server.assert_calm();
    println!(
        "fault: a deploy struck {} times ({kills} times the server killed, {cuts} times its connections): {old} times the old version \
         stood, {new} times the new, 0 times a mix; repeated, each was one version",
        kills + cuts
    );
}
