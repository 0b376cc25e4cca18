//! Messages that come at the same time are begun together, each as if it were alone.

use api_types::ErrorCode;
use api_types::chat::{ChatResponse, MessageRole};
use api_types::conversations::Conversation;
use futures::future::join_all;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::served::Served;
use crate::support::fake_openai::Reply;
use crate::support::{ok, refused};

impl Served {
    fn ask(&self, message: &str, session: Option<Uuid>) -> RequestBuilder {
        self.app
            .request(Method::POST, &format!("/api/v1/bots/{}/chat", self.bot))
            .json(&json!({ "message": message, "session_id": session }))
    }

    async fn begin(&self, message: &str) -> Uuid {
        ok::<ChatResponse>(self.ask(message, None)).await.session_id
    }

    async fn owner(&self) -> PgConnection {
        PgConnection::connect(self.app.database.url.as_str())
            .await
            .unwrap()
    }

    /// What visitors said in a conversation.
    async fn asked(&self, session: Uuid) -> Vec<String> {
        let path = format!("/api/v1/conversations/{session}");
        let conversation: Conversation = ok(self.app.get(&self.ada, &path)).await;
        let messages = conversation.messages.into_iter();
        let questions = messages.filter(|message| message.role == MessageRole::User);
        questions.map(|message| message.content).collect()
    }
}

/// Waits until Postgres has somebody wait for a lock.
async fn somebody_waits(owner: &mut PgConnection) {
    let waiting = "select exists (select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(&mut *owner)
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_goes_to_its_conversation() {
    let it = Served::start(Reply::Echo).await;
    let mut sessions = Vec::new();
    for number in 0..4 {
        sessions.push(it.begin(&format!("first {number}")).await);
    }
    // Nobody's message is counted meanwhile: all of them gather.
    let (mut owner, mut looks) = (it.owner().await, it.owner().await);
    owner
        .execute("begin; select from usage_months for update")
        .await
        .unwrap();
    let release = async {
        somebody_waits(&mut looks).await;
        owner.execute("commit").await.unwrap();
    };
    let old = sessions
        .iter()
        .zip(0..)
        .map(|(session, number)| it.ask(&format!("second {number}"), Some(*session)));
    // Two to one conversation, and some that begin.
    let others = [
        it.ask("third 0", Some(sessions[0])),
        it.ask("new 4", None),
        it.ask("new 5", None),
    ];
    let asked = old.chain(others).map(ok::<ChatResponse>);
    let nowhere = refused(
        it.ask("lost", Some(Uuid::new_v4())),
        StatusCode::NOT_FOUND,
        ErrorCode::SessionNotFound,
    );
    let (answers, _, ()) = tokio::join!(join_all(asked), nowhere, release);

    for (number, session) in sessions.iter().enumerate().skip(1) {
        let expected = [format!("first {number}"), format!("second {number}")];
        assert_eq!(it.asked(*session).await, expected);
    }
    let mut twice = it.asked(sessions[0]).await;
    twice.sort();
    assert_eq!(twice, ["first 0", "second 0", "third 0"]);
    // Each prompt has what was said before in its conversation, and nothing of another.
    for (answer, number) in answers.iter().zip(0..4) {
        let prompt = &answer.response;
        assert!(prompt.contains(&format!("first {number}")), "{prompt}");
        let others = (0..4).filter(|other| *other != number);
        for other in others {
            assert!(!prompt.contains(&format!("first {other}")), "{prompt}");
        }
    }
    let stored = "select count(*) from messages where role = 'user'";
    let stored: i64 = sqlx::query_scalar(stored).fetch_one(&mut owner).await.unwrap();
    let counted = "select messages from usage_months";
    let counted: i64 = sqlx::query_scalar(counted).fetch_one(&mut owner).await.unwrap();
    assert_eq!((stored, counted), (11, 11));
    let wrong = "select count(*) from conversations c
        where message_count <> (select count(*) from messages m where m.conversation_id = c.id)";
    let wrong: i64 = sqlx::query_scalar(wrong).fetch_one(&mut owner).await.unwrap();
    assert_eq!(wrong, 0, "conversations whose messages are not counted");
}

/// A transaction elsewhere may have a conversation locked for a while, such as one that deletes many.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_locked_holds_up_no_other() {
    let it = Served::start(Reply::Echo).await;
    let locked = it.begin("first").await;
    let (mut owner, mut looks) = (it.owner().await, it.owner().await);
    owner
        .execute("begin; select from conversations for update")
        .await
        .unwrap();
    let waits = it.ask("second", Some(locked)).send();
    let goes_on = async {
        somebody_waits(&mut looks).await;
        it.begin("another").await;
        owner.execute("commit").await.unwrap();
    };
    let (waited, ()) = tokio::join!(waits, goes_on);
    assert_eq!(waited.unwrap().status(), StatusCode::OK);
    assert_eq!(it.asked(locked).await, ["first", "second"]);
}

/// What `begin_turns` makes of messages that are not to be begun, among one that is.
#[tokio::test]
async fn what_is_not_the_bots_is_left_alone() {
    let it = Served::start(Reply::Echo).await;
    let (own, peoples) = (it.begin("own").await, it.begin("peoples").await);
    let other_bot = it.app.deploy(&it.ada, &deployable("Other", it.provider)).await;
    let of_other_bot: ChatResponse = ok(it
        .app
        .request(Method::POST, &format!("/api/v1/bots/{other_bot}/chat"))
        .json(&json!({ "message": "Hi" })))
    .await;
    let mut owner = it.owner().await;
    sqlx::query("update conversations set state = 'human' where id = $1")
        .bind(peoples)
        .execute(&mut owner)
        .await
        .unwrap();
    let workspace: Uuid = sqlx::query_scalar("select workspace_id from conversations where id = $1")
        .bind(own)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    let turn = |session: Uuid, is_new: bool| {
        json!({ "session": session, "is_new": is_new, "via": "api", "about": {}, "person": null,
            "question_id": Uuid::now_v7(), "question": "now", "look_back": 20 })
    };
    let nobodys = Uuid::new_v4();
    let turns: Value = [
        turn(own, false),
        turn(peoples, false),
        turn(of_other_bot.session_id, false),
        turn(nobodys, false),
        turn(Uuid::new_v4(), true),
    ]
    .into();
    owner.execute("set role botwright_app").await.unwrap();
    let outcomes: Vec<(String, i64, Value)> = sqlx::query_as(
        "select outcome, asked, said from begin_turns($1, $2, $3, null, true, true, true) order by n",
    )
    .bind(workspace)
    .bind(it.bot)
    .bind(turns)
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let names: Vec<_> = outcomes.iter().map(|(outcome, ..)| outcome.as_str()).collect();
    assert_eq!(
        names,
        ["begun", "not_bots", "unknown_session", "unknown_session", "begun"]
    );
    assert_eq!((outcomes[0].1, outcomes[4].1), (2, 1));
    assert_eq!(outcomes[0].2[0], json!({ "role": "user", "content": "own" }));
    assert_eq!(outcomes[4].2, json!([]));
    owner.execute("reset role").await.unwrap();
    let stored = "select count(*) from messages where content = 'now'";
    let stored: i64 = sqlx::query_scalar(stored).fetch_one(&mut owner).await.unwrap();
    assert_eq!(stored, 2);
}
