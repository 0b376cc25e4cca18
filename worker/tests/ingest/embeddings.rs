//! Changing the model that makes a workspace's vectors; in Qdrant too, where `QDRANT_URL` is set.

use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};

use api_types::ErrorCode;
use api_types::embeddings::{ChangeEmbeddingRequest, EmbeddingSettings};
use api_types::kb::{Importance, SaveChunkRequest, SearchFilter, SearchRequest, SearchResponse};
use api_types::providers::{ProviderKind, SaveProviderRequest};
use domain::embeddings;
use domain::jobs::Outcome;
use domain::kb::embed::Embedder;
use domain::kb::{self, chunks, documents, ingest};
use domain::providers;
use uuid::Uuid;

use super::fixture::{Worker, execute, finalize_texts, idle, number, settled, text};
use crate::fake_embed::{Embed, FakeEmbed, Reply};
use crate::support::{Harness, until};

const QUESTION: &str = "Where can I have my bike mended?";
const REPAIRS: &str = "Bicycles are repaired in the workshop behind the station in Porto.";

/// An installation and the server of a provider, which knows the built-in model but makes longer vectors, all of them
/// near to one another.
async fn harness() -> (Harness, FakeEmbed) {
    let server = FakeEmbed::start(Reply::Status(503, "loading")).await;
    let place = server.place();
    let program = Path::new(env!("CARGO_BIN_EXE_botwright-worker"));
    let harness = Harness::with(program, |config| {
        config.outbound_allow = vec![place];
        config.qdrant_url = std::env::var("QDRANT_URL").ok().map(Into::into);
    })
    .await;
    server.reply(Reply::Vectors(near(&harness)));
    (harness, server)
}

fn near(harness: &Harness) -> Embed {
    let embedder: Arc<Embedder> = harness.services.embedder.clone().unwrap();
    Arc::new(move |text| {
        let mut vector = embedder.embed_now(&[text.to_owned()]).unwrap().remove(0);
        vector.push(2.0);
        vector
    })
}

/// The same, but stops at a text with `word` in it, says so, and goes on when told.
fn near_but_stopping_at(
    harness: &Harness,
    word: &'static str,
) -> (Embed, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (says, hears) = mpsc::channel();
    let (tells, waits) = mpsc::channel();
    let (near, waits) = (near(harness), Mutex::new(waits));
    let embed: Embed = Arc::new(move |text| {
        if text.contains(word) && says.send(()).is_ok() {
            // Told to go on, or nobody is there any more.
            let _ = waits.lock().unwrap().recv();
        }
        near(text)
    });
    (embed, hears, tells)
}

async fn provider(harness: &Harness, server: &FakeEmbed) -> Uuid {
    let request = SaveProviderRequest {
        name: "Embeddings".to_owned(),
        kind: Some(ProviderKind::TeiEmbed),
        base_url: server.base_url(),
        default_model: String::new(),
        api_key: None,
        prices: None,
    };
    providers::create(&harness.services, &harness.scope, request)
        .await
        .unwrap()
        .id
}

async fn change(harness: &Harness, provider_id: Option<Uuid>) -> EmbeddingSettings {
    let request = ChangeEmbeddingRequest {
        provider_id,
        model: String::new(),
        dimensions: None,
    };
    embeddings::change(&harness.services, &harness.scope, request)
        .await
        .unwrap()
}

async fn settings(harness: &Harness) -> EmbeddingSettings {
    embeddings::get(&harness.services, &harness.scope).await.unwrap()
}

async fn model_id(harness: &Harness, state: &str) -> Uuid {
    sqlx::query_scalar("select id from embedding_models where state = $1")
        .bind(state)
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

async fn search(harness: &Harness, kb: Uuid, query: &str) -> SearchResponse {
    let request = SearchRequest {
        filter: SearchFilter::default(),
        explain: false,
        expected: None,
        rerank: None,
        query: query.to_owned(),
        limit: 3,
    };
    kb::find(&harness.services, &harness.scope, kb, &request)
        .await
        .unwrap()
}

/// Embeddings of the model in use, and of all.
async fn vectors(harness: &Harness) -> (i64, i64) {
    let live = "select count(*) from embeddings e join embedding_models m on m.id = e.model_id where m.state = 'live'";
    (
        number(harness, live).await,
        number(harness, "select count(*) from embeddings").await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_takes_over_once_it_has_embedded_everything() {
    let (harness, server) = harness().await;
    let garden = "Roses are cut in March, when the frost is over.";
    let kb = finalize_texts(&harness, vec![text("Repairs", REPAIRS), text("Garden", garden)]).await;
    let worker = Worker::start(&harness);
    settled(&harness, kb).await;
    idle(&harness).await;
    let before = search(&harness, kb, QUESTION).await;
    assert_eq!(before.hits[0].title, "Repairs");

    // The provider is away: the built-in model goes on answering, and people can read why.
    let provider = provider(&harness, &server).await;
    worker.stop().await;
    let changing = change(&harness, Some(provider)).await;
    assert_eq!(changing.live.unwrap().provider_id, None);
    let next = changing.next.unwrap();
    assert_eq!(
        (next.model.dimensions, next.documents_done, next.documents_total),
        (385, 0, 2)
    );
    server.reply(Reply::Status(401, "no"));
    let worker = Worker::start(&harness);
    until("the refusal can be read", async || {
        settings(&harness)
            .await
            .next?
            .error
            .filter(|error| error.contains("Check it in Settings"))
    })
    .await;
    let meanwhile = search(&harness, kb, QUESTION).await;
    assert!(!meanwhile.degraded);
    assert_eq!(meanwhile.hits, before.hits);

    // It is back, and a document more has come.
    let tried = server.texts().len();
    server.reply(Reply::Vectors(near(&harness)));
    let cellar = finalize_texts(&harness, vec![text("Cellar", "The cellar holds globes.")]).await;
    settled(&harness, cellar).await;
    until("the other model is in use", async || {
        let settings = settings(&harness).await;
        (settings.live?.provider_id == Some(provider) && settings.next.is_none()).then_some(())
    })
    .await;
    let after = search(&harness, kb, QUESTION).await;
    assert!(!after.degraded);
    assert_eq!(after.hits[0].title, "Repairs");
    // What it calls near was translated: its own cosines all lie above 0.8.
    assert!(
        (after.relevance - before.relevance).abs() < 0.1,
        "{before:?} {after:?}"
    );
    let cosines = [&before, &after].map(|response| response.hits[1].cosine.unwrap());
    assert!((cosines[0] - cosines[1]).abs() < 0.1, "{cosines:?}");
    let mut embedded = server.texts().split_off(tried);
    embedded.retain(|text| text != QUESTION);
    embedded.sort();
    let expected = [
        "Cellar\nThe cellar holds globes.",
        &format!("Garden\n{garden}"),
        &format!("Repairs\n{REPAIRS}"),
    ];
    assert_eq!(embedded, expected, "each once");

    // New documents are embedded by it alone, and its provider can't be taken away.
    let attic = finalize_texts(&harness, vec![text("Attic", "The attic holds kites.")]).await;
    settled(&harness, attic).await;
    worker.stop().await;
    assert_eq!(vectors(&harness).await, (4, 7));
    let refused = providers::delete(&harness.services, &harness.scope, provider)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InUse);

    // The old vectors go when their time has come, and the ones in use don't.
    let services = harness.worker_services();
    let workspace = harness.scope.workspace_id();
    for id in [embeddings::BUILT_IN, model_id(&harness, "live").await] {
        assert_eq!(
            embeddings::forget(&services, workspace, id).await.unwrap(),
            Outcome::Done
        );
    }
    assert_eq!(vectors(&harness).await, (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_meanwhile_is_embedded_too() {
    let (harness, server) = harness().await;
    let kb = finalize_texts(
        &harness,
        vec![text("Repairs", REPAIRS), text("Stop", "Stop here.")],
    )
    .await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    worker.stop().await;
    let provider = provider(&harness, &server).await;
    change(&harness, Some(provider)).await;
    let id = model_id(&harness, "building").await;
    let (embed, reached, go_on) = near_but_stopping_at(&harness, "Stop");
    server.reply(Reply::Vectors(embed));
    let services = harness.worker_services();
    let workspace = harness.scope.workspace_id();
    let running = tokio::spawn(async move { embeddings::run_change(&services, workspace, id).await });
    tokio::task::spawn_blocking(move || reached.recv())
        .await
        .unwrap()
        .unwrap();

    // The first document is done; now a person rewrites it.
    let repairs = documents
        .iter()
        .find(|document| document.title == "Repairs")
        .unwrap();
    let (services, scope) = (&harness.services, &harness.scope);
    let chunk = chunks::list(&services.db, scope, kb, repairs.id)
        .await
        .unwrap()
        .remove(0);
    let request = SaveChunkRequest {
        text: "Scooters are mended on Mondays.".to_owned(),
        context: String::new(),
        importance: Importance::default(),
        enabled: true,
    };
    chunks::save(services, scope, kb, repairs.id, chunk.chunk.id.unwrap(), &request)
        .await
        .unwrap();
    go_on.send(()).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), Outcome::Done);
    assert_eq!(settings(&harness).await.live.unwrap().provider_id, Some(provider));
    assert!(
        server
            .texts()
            .contains(&"Repairs\nScooters are mended on Mondays.".to_owned())
    );
    let missing = "select count(*) from chunks c where not exists (
        select from embeddings e join embedding_models m on m.id = e.model_id and m.state = 'live'
        where e.content_hash = c.content_hash)";
    assert_eq!(number(&harness, missing).await, 0);

    // What no chunk says any more is removed after an hour, not before.
    let before = vectors(&harness).await.0;
    assert_eq!(before, 3);
    embeddings::collect_unused(&harness.worker_services().db)
        .await
        .unwrap();
    assert_eq!(vectors(&harness).await.0, 3);
    execute(
        &harness,
        "update embeddings set used_at = now() - interval '2 hours'",
    )
    .await;
    embeddings::collect_unused(&harness.worker_services().db)
        .await
        .unwrap();
    assert_eq!(vectors(&harness).await.0, 2);
    assert_eq!(number(&harness, missing).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_not_published_with_the_vectors_of_a_replaced_model() {
    let (harness, server) = harness().await;
    let provider = provider(&harness, &server).await;
    change(&harness, Some(provider)).await;
    let workspace = harness.scope.workspace_id();
    let services = Arc::new(harness.worker_services());
    let id = model_id(&harness, "building").await;
    embeddings::run_change(&services, workspace, id).await.unwrap();
    let (embed, reached, go_on) = near_but_stopping_at(&harness, "Stop");
    server.reply(Reply::Vectors(embed));
    let kb = finalize_texts(&harness, vec![text("Stop", "Stop here.")]).await;
    let document = documents::list(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap()[0]
        .id;
    let (worker, ingesting) = (Arc::clone(&services), document);
    let ingesting = tokio::spawn(async move { ingest::ingest(&worker, workspace, ingesting, 1).await });
    tokio::task::spawn_blocking(move || reached.recv())
        .await
        .unwrap()
        .unwrap();

    change(&harness, None).await;
    embeddings::run_change(&services, workspace, embeddings::BUILT_IN)
        .await
        .unwrap();
    assert_eq!(settings(&harness).await.live.unwrap().provider_id, None);
    go_on.send(()).unwrap();
    assert_eq!(
        ingesting.await.unwrap().unwrap_err().code(),
        ErrorCode::ServiceUnavailable
    );
    assert_eq!(
        number(
            &harness,
            "select count(*) from documents where live_version is not null"
        )
        .await,
        0
    );

    ingest::ingest(&services, workspace, document, 1).await.unwrap();
    let found = search(&harness, kb, "Where do I stop?").await;
    assert!(!found.degraded && found.hits[0].cosine.is_some(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_cancelled_leaves_nothing_behind() {
    let (harness, server) = harness().await;
    let kb = finalize_texts(
        &harness,
        vec![text("Repairs", REPAIRS), text("Stop", "Stop here.")],
    )
    .await;
    let worker = Worker::start(&harness);
    settled(&harness, kb).await;
    let provider = provider(&harness, &server).await;
    let (embed, reached, go_on) = near_but_stopping_at(&harness, "Stop");
    change(&harness, Some(provider)).await;
    server.reply(Reply::Vectors(embed));
    tokio::task::spawn_blocking(move || reached.recv())
        .await
        .unwrap()
        .unwrap();
    let settings = embeddings::cancel(&harness.services, &harness.scope)
        .await
        .unwrap();
    assert_eq!((settings.live.unwrap().provider_id, settings.next), (None, None));
    go_on.send(()).unwrap();
    idle(&harness).await;
    worker.stop().await;
    assert_eq!(number(&harness, "select count(*) from embeddings").await, 2);
    assert_eq!(
        number(&harness, "select count(*) from embedded_documents").await,
        0
    );
    assert_eq!(search(&harness, kb, QUESTION).await.hits[0].title, "Repairs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_search_is_not_taken() {
    let (harness, server) = harness().await;
    let provider = provider(&harness, &server).await;
    // All texts are the same to it.
    server.reply(Reply::Vectors(Arc::new(|_| vec![1.0, 0.0])));
    let request = ChangeEmbeddingRequest {
        provider_id: Some(provider),
        model: String::new(),
        dimensions: None,
    };
    let (services, scope) = (&harness.services, &harness.scope);
    let refused = embeddings::change(services, scope, request.clone())
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("can't be used for search"),
        "{refused}"
    );
    server.reply(Reply::Status(503, "loading"));
    let refused = embeddings::change(services, scope, request.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ProviderUnavailable);
    server.reply(Reply::Vectors(near(&harness)));
    let shorter = ChangeEmbeddingRequest {
        dimensions: Some(100),
        ..request
    };
    let refused = embeddings::change(services, scope, shorter).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ValidationFailed, "{refused}");
    assert_eq!(settings(&harness).await.next, None);
}
