//! Test sets over HTTP, with the real engine and a worker inside.

use api_types::ErrorCode;
use api_types::bots::{Bot, ChatbotContent, Deployed};
use api_types::conversations::Conversation;
use api_types::drafts::Draft;
use api_types::test_sets::{
    BotTests, Change, Expectation, Failure, ImportedCases, RunStatus, TestCase, TestRun, TestRunDetail,
    TestSet, TestsRequired, Thresholds,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::kb::indexed;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, ok, refused};

const TEXTS: [(&str, &str); 2] = [
    ("Porto", "Bicycles are repaired in Porto, at Rua das Flores 12."),
    ("Lagos", "Surfboards are rented in Lagos from May to October."),
];

async fn set(app: &TestApp, person: &Person, name: &str) -> Uuid {
    let set: TestSet = ok(app.post(person, "/api/v1/test-sets", json!({ "name": name }))).await;
    set.id
}

async fn add(app: &TestApp, person: &Person, set: Uuid, question: &str, expectation: Value) -> TestCase {
    let body = json!({ "question": question, "expectation": expectation });
    ok(app.post(person, &format!("/api/v1/test-sets/{set}/cases"), body)).await
}

async fn start(app: &TestApp, person: &Person, set: Uuid, target: Value) -> TestRun {
    ok(app.post(person, &format!("/api/v1/test-sets/{set}/runs"), target)).await
}

/// Asks until the run has ended.
async fn ended(app: &TestApp, person: &Person, run: &TestRun) -> TestRunDetail {
    let path = format!("/api/v1/test-sets/{}/runs/{}", run.test_set_id, run.id);
    loop {
        let detail: TestRunDetail = ok(app.get(person, &path)).await;
        if !detail.run.status.is_active() {
            return detail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn run(app: &TestApp, person: &Person, set: Uuid, target: Value) -> TestRunDetail {
    let run = start(app, person, set, target).await;
    ended(app, person, &run).await
}

/// A workspace with an indexed knowledge base, and content that answers from it.
async fn shop(app: &TestApp) -> (Person, ChatbotContent) {
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Shops", &TEXTS).await;
    indexed(app, &ada, kb).await;
    let content = ChatbotContent {
        name: "Shop help".into(),
        knowledge_base_ids: vec![kb],
        ..ChatbotContent::default()
    };
    (ada, content)
}

fn failures(detail: &TestRunDetail) -> Vec<Option<Failure>> {
    let results = detail
        .cases
        .iter()
        .map(|case| case.result.as_ref().unwrap().failure);
    results.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_what_a_bot_gets_right_and_what_changed_since() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let draft = app.draft(&ada, &content).await;
    let set = set(&app, &ada, "Shops").await;
    let refused_empty = app.post(
        &ada,
        &format!("/api/v1/test-sets/{set}/runs"),
        json!({ "draft_id": draft.id }),
    );
    refused(
        refused_empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;

    let porto = json!({ "kind": "answered", "answer": "Rua das Flores 12",
        "passage": { "text": "repaired in porto at rua das flores" } });
    add(&app, &ada, set, "Where are bicycles repaired?", porto).await;
    let wrong =
        json!({ "kind": "answered", "answer": "from June", "passage": { "text": "rented in Lagos" } });
    let lagos = add(&app, &ada, set, "When are surfboards rented in Lagos?", wrong).await;
    let unanswerable = json!({ "kind": "unanswerable" });
    add(
        &app,
        &ada,
        set,
        "Who won the chess championship of 1972?",
        unanswerable.clone(),
    )
    .await;
    add(&app, &ada, set, "where are bicycles repaired?", unanswerable).await;

    let first = run(&app, &ada, set, json!({ "draft_id": draft.id })).await;
    assert_eq!(first.run.status, RunStatus::Done);
    assert_eq!((first.run.done, first.run.total), (4, 4));
    assert_eq!(
        failures(&first),
        [
            None,
            Some(Failure::AnswerDiffers),
            None,
            Some(Failure::ShouldNotKnow)
        ]
    );
    let figures = first.run.figures.unwrap();
    assert_eq!(
        (figures.done, figures.passed, figures.pass_rate),
        (4, 2, Some(0.5))
    );
    assert_eq!((figures.recall_at_1, figures.recall_at_5), (Some(1.0), Some(1.0)));
    assert_eq!(
        (figures.unknown_precision, figures.unknown_recall),
        (Some(1.0), Some(0.5))
    );
    assert_eq!(
        (figures.cited_right, figures.answer_match),
        (Some(1.0), Some(0.5))
    );
    let result = first.cases[0].result.as_ref().unwrap();
    assert!(result.response.contains("Rua das Flores 12"), "{result:?}");
    assert_eq!(
        (result.expected.as_slice(), result.cited.as_slice()),
        (&[1][..], &[1][..])
    );
    assert_eq!(first.cases[1].result.as_ref().unwrap().missing, ["from June"]);
    assert_eq!(first.previous, None);

    // The case is put right; the draft has become a bot meanwhile.
    let right = json!({ "question": "When are surfboards rented in Lagos?",
        "expectation": { "kind": "answered", "answer": "from May", "passage": { "text": "rented in Lagos" } } });
    let _: TestCase = ok(app.put(
        &ada,
        &format!("/api/v1/test-sets/{set}/cases/{}", lagos.id),
        right,
    ))
    .await;
    let deployed: Deployed = ok(app.post(
        &ada,
        &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
        json!({}),
    ))
    .await;
    let second = run(&app, &ada, set, json!({ "bot_id": deployed.bot_id })).await;
    assert_eq!(second.previous.as_ref().map(|run| run.id), Some(first.run.id));
    let changes: Vec<_> = second.cases.iter().map(|case| case.change).collect();
    use Change::{Improved, Unchanged};
    assert_eq!(changes, [Unchanged, Improved, Unchanged, Unchanged].map(Some));
    assert_eq!(second.run.target.bot_version, Some(1));
    let runs: Vec<TestRun> = ok(app.get(&ada, &format!("/api/v1/test-sets/{set}/runs"))).await;
    assert_eq!(
        runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        [second.run.id, first.run.id]
    );
    let sets: Vec<TestSet> = ok(app.get(&ada, "/api/v1/test-sets")).await;
    assert_eq!(
        (sets[0].case_count, sets[0].last_run.as_ref()),
        (4, Some(&second.run))
    );

    // Nothing was said to anybody.
    let conversations: Value = ok(app.get(&ada, "/api/v1/conversations")).await;
    let gaps: Value = ok(app.get(&ada, "/api/v1/gaps")).await;
    assert_eq!(
        (&conversations["items"], &gaps["items"]),
        (&json!([]), &json!([]))
    );
}

/// Saves the draft anew with other content and gives its path.
async fn change(app: &TestApp, person: &Person, id: Uuid, content: &ChatbotContent) -> String {
    let path = format!("/api/v1/chatbots/draft/{id}");
    let draft: Draft<ChatbotContent> = ok(app.get(person, &path)).await;
    let body = json!({ "version": draft.version, "content": content });
    let _: Value = ok(app.put(person, &path, body)).await;
    format!("{path}/deploy")
}

async fn audited(app: &TestApp) -> Vec<Value> {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query_scalar("select details from audit_log where action = 'bot.override_tests' order by id")
        .fetch_all(&mut owner)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_requires_its_tests_is_deployed_only_after_they_passed_on_exactly_that() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let set_id = set(&app, &ada, "Must pass").await;
    let porto = json!({ "kind": "answered", "answer": "Rua das Flores 12" });
    add(&app, &ada, set_id, "Where are bicycles repaired?", porto.clone()).await;
    let required = ChatbotContent {
        tests: Some(BotTests {
            test_set_id: set_id,
            required: true,
            thresholds: Thresholds {
                pass_rate: 100,
                ..Thresholds::default()
            },
        }),
        ..content.clone()
    };
    let draft = app.draft(&ada, &required).await;
    let deploy = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
    let blocked = async |path: &str| {
        let problem = refused(
            app.post(&ada, path, json!({})),
            StatusCode::CONFLICT,
            ErrorCode::TestsRequired,
        )
        .await;
        serde_json::from_value::<TestsRequired>(problem.current.unwrap()).unwrap()
    };
    let why = blocked(&deploy).await;
    assert_eq!(
        (why.test_set_id, why.test_set_name.as_str(), why.run),
        (set_id, "Must pass", None)
    );

    // A run on something else does not count, nor one of the set as it was.
    let other = ChatbotContent {
        max_passages: 1,
        ..required.clone()
    };
    change(&app, &ada, draft.id, &other).await;
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    change(&app, &ada, draft.id, &required).await;
    assert_eq!(blocked(&deploy).await.run, None);
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let wrong = json!({ "kind": "answered", "answer": "from June" });
    let lagos = add(&app, &ada, set_id, "When are surfboards rented in Lagos?", wrong).await;
    assert_eq!(blocked(&deploy).await.run, None);

    // It fails, and says by how much.
    let failed = run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let why = blocked(&deploy).await;
    assert_eq!(why.run.unwrap().id, failed.run.id);
    assert_eq!(why.shortfalls, ["Cases passed: 50 %, and 100 % are needed."]);

    // It passes; how the bot looks may change all the same.
    done(app.delete(&ada, &format!("/api/v1/test-sets/{set_id}/cases/{}", lagos.id))).await;
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let mut looks = required.clone();
    looks.appearance.color = "#112233".into();
    change(&app, &ada, draft.id, &looks).await;
    let deployed: Deployed = ok(app.request(Method::POST, &deploy).bearer_auth(ada.token())).await;
    let bot_path = format!("/api/v1/bots/{}", deployed.bot_id);
    refused(
        app.delete(&ada, &format!("/api/v1/test-sets/{set_id}")),
        StatusCode::CONFLICT,
        ErrorCode::InUse,
    )
    .await;

    // Neither another answer nor doing without the tests goes out unseen.
    let edit: Draft<ChatbotContent> =
        ok(app.post(&ada, "/api/v1/chatbots/draft", json!({ "from": deployed.bot_id }))).await;
    let changed = ChatbotContent {
        fallback_message: "No idea.".into(),
        ..required.clone()
    };
    let deploy = change(&app, &ada, edit.id, &changed).await;
    blocked(&deploy).await;
    let free = ChatbotContent {
        tests: None,
        ..changed
    };
    change(&app, &ada, edit.id, &free).await;
    blocked(&deploy).await;
    let short = json!({ "override_tests": { "reason": "  because   " } });
    let problem = refused(
        app.post(&ada, &deploy, short),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "override_tests.reason");
    assert_eq!(audited(&app).await, Vec::<Value>::new());
    let reason = json!({ "override_tests": { "reason": "The set is being rewritten this week." } });
    let forced: Deployed = ok(app.post(&ada, &deploy, &reason)).await;
    assert_eq!(forced.version, 2);
    let audited = audited(&app).await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["reason"], "The set is being rewritten this week.");
    assert_eq!(audited[0]["test_set"], "Must pass");

    // Going back is never kept from anybody.
    let back: Deployed = ok(app.post(&ada, &format!("{bot_path}/rollback"), json!({ "version": 1 }))).await;
    assert_eq!(back.version, 1);
    let bot: Bot = ok(app.get(&ada, &bot_path)).await;
    assert!(bot.content.tests.unwrap().required);
}

#[tokio::test]
async fn an_override_is_not_recorded_where_nothing_is_in_the_way() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await;
    let body = json!({ "override_tests": { "reason": "There are no tests at all." } });
    let _: Deployed = ok(app.post(&ada, &format!("/api/v1/chatbots/draft/{}/deploy", draft.id), body)).await;
    assert_eq!(audited(&app).await, Vec::<Value>::new());
    let gone = ChatbotContent {
        tests: Some(BotTests {
            test_set_id: Uuid::new_v4(),
            required: false,
            thresholds: Thresholds::default(),
        }),
        ..deployable("Other", provider)
    };
    let draft = app.draft(&ada, &gone).await;
    let deploy = app.post(
        &ada,
        &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
        json!({}),
    );
    let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
    assert_eq!(problem.errors[0].field, "content.tests.test_set_id");
}

#[tokio::test]
async fn a_set_is_run_once_at_a_time_and_stopped_at_will() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await.id;
    let set = set(&app, &ada, "Slow").await;
    add(&app, &ada, set, "Anybody there?", json!({ "kind": "answered" })).await;
    let target = json!({ "draft_id": draft });
    let first = start(&app, &ada, set, target.clone()).await;
    let path = format!("/api/v1/test-sets/{set}/runs");
    refused(
        app.post(&ada, &path, &target),
        StatusCode::CONFLICT,
        ErrorCode::RunInProgress,
    )
    .await;
    for _ in 0..2 {
        let run: TestRun = ok(app.post(&ada, &format!("{path}/{}/cancel", first.id), json!({}))).await;
        assert_eq!(run.status, RunStatus::Cancelled);
    }
    start(&app, &ada, set, target).await;
    for both in [json!({}), json!({ "draft_id": draft, "bot_id": Uuid::new_v4() })] {
        let request = app.post(&ada, &path, both);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_busy_is_asked_again_and_one_that_refuses_ends_the_run() {
    let fake = FakeOpenAi::start(Reply::TooManyRequests(None)).await;
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.outbound_allow = vec![fake.place()];
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await.id;
    let set = set(&app, &ada, "Model").await;
    add(
        &app,
        &ada,
        set,
        "Is anybody there?",
        json!({ "kind": "answered", "answer": "Hello" }),
    )
    .await;
    let waiting = start(&app, &ada, set, json!({ "draft_id": draft })).await;
    while fake.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fake.reply([Reply::Text("Hello there!".into())]);
    let run = ended(&app, &ada, &waiting).await;
    assert_eq!(
        (run.run.status, run.run.figures.unwrap().passed),
        (RunStatus::Done, 1)
    );

    fake.reply([Reply::Status(401, "no such key".into())]);
    let run = self::run(&app, &ada, set, json!({ "draft_id": draft })).await;
    assert_eq!(run.run.status, RunStatus::Failed);
    assert!(run.run.error.unwrap().contains("key"), "it says why");
    assert_eq!(run.cases[0].result, None);
}

#[tokio::test]
async fn cases_come_and_go_as_csv() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Shops", &TEXTS).await;
    app.finalize(&ada, "Twice", &[("Lagos", "Another text of the same title.")])
        .await;
    let documents: Vec<Value> = ok(app.get(&ada, &format!("/api/v1/kb/{kb}/documents"))).await;
    let lagos = documents
        .iter()
        .find(|document| document["title"] == "Lagos")
        .unwrap()["id"]
        .as_str()
        .unwrap();
    let set = set(&app, &ada, "Sheet").await;
    let path = format!("/api/v1/test-sets/{set}");
    let import = |csv: &str, preview: bool| {
        app.post(
            &ada,
            &format!("{path}/import"),
            json!({ "csv": csv, "preview": preview }),
        )
    };
    let csv = format!(
        "Question;Expected answer;Expected text;Document;Unanswerable\n\
         Where?;Rua das Flores;;porto;\n=1+1?;2;;;no\nWho?;;;;yes\nWhen?;;May to October;{lagos};\n"
    );
    let preview: ImportedCases = ok(import(&csv, true)).await;
    assert_eq!((preview.added, preview.errors.len()), (4, 0));
    let none: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(none, [], "a preview writes nothing");
    let imported: ImportedCases = ok(import(&csv, false)).await;
    assert_eq!(imported.added, 4);
    let cases: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    let questions: Vec<_> = cases.iter().map(|case| case.question.as_str()).collect();
    assert_eq!(questions, ["Where?", "=1+1?", "Who?", "When?"]);
    assert_eq!(cases[0].document_title.as_deref(), Some("Porto"));
    assert_eq!(cases[2].expectation, Expectation::Unanswerable);

    // What goes out is no formula, and comes back as it was.
    let response = app.get(&ada, &format!("{path}/export")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let exported = response.text().await.unwrap();
    assert!(exported.contains("\n'=1+1?,2"), "{exported}");
    assert!(
        exported.contains(lagos),
        "a title that two documents have is not used: {exported}"
    );
    let again: ImportedCases = ok(import(&exported, false)).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 4));
    let changed: ImportedCases = ok(import(&exported.replace(",yes,", ",no,"), false)).await;
    assert_eq!((changed.added, changed.changed, changed.unchanged), (0, 1, 3));

    // All or nothing.
    let bad = "question,document,unanswerable\nNew?,,\nWhich?,Lagos,\nWhat?,Nowhere,\n,,\nHm?,,perhaps\n";
    let preview: ImportedCases = ok(import(bad, true)).await;
    let fields: Vec<_> = preview.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["row 6: unanswerable", "row 3: document", "row 4: document"]
    );
    let problem = refused(
        import(bad, false),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors, preview.errors);
    let mut many = "question\n".to_owned();
    for i in 0..497 {
        many.push_str(&format!("Question {i}?\n"));
    }
    refused(
        import(&many, false),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let kept: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(kept.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitors_question_becomes_a_case_with_what_was_said_before() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let bot = app.deploy(&ada, &content).await;
    let mut session: Option<String> = None;
    for message in [
        "Where are bicycles repaired?",
        "Who won the chess championship of 1972?",
    ] {
        let body = json!({ "message": message, "session_id": session });
        let chat: Value = ok(app
            .request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
            .json(&body))
        .await;
        session = chat["session_id"].as_str().map(str::to_owned);
    }
    let session = session.unwrap();
    let conversation: Conversation = ok(app.get(&ada, &format!("/api/v1/conversations/{session}"))).await;
    let set = set(&app, &ada, "From visitors").await;
    let path = format!("/api/v1/test-sets/{set}/cases/from-conversation");
    let add = |message: usize| {
        let body = json!({ "conversation_id": session, "message_id": conversation.messages[message].id });
        app.post(&ada, &path, body)
    };
    let first: TestCase = ok(add(0)).await;
    assert_eq!(
        (first.question.as_str(), first.history.len()),
        ("Where are bicycles repaired?", 0)
    );
    assert_eq!(first.document_title.as_deref(), Some("Porto"));
    let Expectation::Answered {
        passage: Some(passage),
        ..
    } = &first.expectation
    else {
        panic!("{first:?}")
    };
    assert!(passage.text.contains("Rua das Flores 12"));
    let second: TestCase = ok(add(2)).await;
    assert_eq!(second.expectation, Expectation::Unanswerable);
    assert_eq!(second.history.len(), 2);
    refused(add(1), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let run = run(&app, &ada, set, json!({ "bot_id": bot })).await;
    assert_eq!(failures(&run), [None, None], "what was right then is right now");
}

#[tokio::test]
async fn names_are_unique_and_lengths_are_checked() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let one = set(&app, &ada, "One").await;
    let two = set(&app, &ada, "Two").await;
    let path = |id: Uuid| format!("/api/v1/test-sets/{id}");
    let taken = app.put(&ada, &path(two), json!({ "name": "One" }));
    refused(taken, StatusCode::CONFLICT, ErrorCode::NameTaken).await;
    let renamed: TestSet = ok(app.put(&ada, &path(two), json!({ "name": " Three " }))).await;
    assert_eq!(renamed.name, "Three");
    let empty = json!({ "question": " ", "expectation": { "kind": "answered", "passage": { "text": "" },
        "answer": "x".repeat(2_001) } });
    let problem = refused(
        app.post(&ada, &format!("{}/cases", path(one)), empty),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["question", "expectation.passage.text", "expectation.answer"]
    );
    done(app.delete(&ada, &path(one))).await;
    refused(
        app.get(&ada, &path(one)),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}

#[tokio::test]
async fn a_viewer_reads_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let set = set(&app, &ada, "Read only").await;
    let case = add(&app, &ada, set, "Where?", json!({ "kind": "unanswerable" })).await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    for table in ["workspace_members", "organization_members"] {
        let sql = format!("update {table} set role = 'viewer'");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let path = format!("/api/v1/test-sets/{set}");
    let body = json!({ "question": "Where?", "expectation": { "kind": "unanswerable" } });
    let any = json!({ "bot_id": set });
    let writes = [
        app.post(&ada, "/api/v1/test-sets", json!({ "name": "Mine" })),
        app.put(&ada, &path, json!({ "name": "Mine" })),
        app.delete(&ada, &path),
        app.post(&ada, &format!("{path}/cases"), &body),
        app.put(&ada, &format!("{path}/cases/{}", case.id), &body),
        app.delete(&ada, &format!("{path}/cases/{}", case.id)),
        app.post(
            &ada,
            &format!("{path}/import"),
            json!({ "csv": "question\nWho?\n", "preview": true }),
        ),
        app.post(&ada, &format!("{path}/runs"), &any),
        app.post(&ada, &format!("{path}/runs/{set}/cancel"), json!({})),
    ];
    for request in writes {
        refused(request, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
    let cases: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(cases, [case]);
}
