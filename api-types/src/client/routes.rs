//! Every route, by its noun.

use url::form_urlencoded;
use uuid::Uuid;

use super::{BASE, Call};
use crate::Page;

/// Joins the pairs that have a value to a query string.
fn query(pairs: &[(&str, Option<String>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        query
    } else {
        format!("?{query}")
    }
}

/// `/auth`
pub mod auth {
    use super::Call;
    use crate::auth::{AuthResponse, ContextRequest, LoginRequest, Me, SignupRequest};

    /// Makes an account and signs it in.
    pub fn signup(request: &SignupRequest) -> Call<AuthResponse> {
        Call::post("/auth/signup").json(request)
    }

    /// Signs in.
    pub fn login(request: &LoginRequest) -> Call<AuthResponse> {
        Call::post("/auth/login").json(request)
    }

    /// Gets a new access token for the refresh cookie.
    pub fn refresh() -> Call<AuthResponse> {
        Call::post("/auth/refresh")
    }

    /// Ends the session of the refresh cookie.
    pub fn logout() -> Call<()> {
        Call::post("/auth/logout")
    }

    /// Who is signed in, and where they can go.
    pub fn me() -> Call<Me> {
        Call::get("/auth/me")
    }

    /// Continues in another workspace.
    pub fn context(request: &ContextRequest) -> Call<AuthResponse> {
        Call::post("/auth/context").json(request)
    }
}

/// `/workspaces`
pub mod workspaces {
    use super::Call;
    use crate::tenancy::{CreateWorkspaceRequest, Workspace};

    /// Makes a further workspace.
    pub fn create(request: &CreateWorkspaceRequest) -> Call<Workspace> {
        Call::post("/workspaces").json(request)
    }
}

/// `/bots`
pub mod bots {
    use super::{Call, Page, Uuid, query};
    use crate::bots::{Bot, BotSummary, BotVersion, Deployed, RollbackRequest, SetStatusRequest};

    /// Deployed bots, newest first.
    pub fn list(cursor: Option<String>) -> Call<Page<BotSummary>> {
        Call::get(format!("/bots{}", query(&[("cursor", cursor)])))
    }

    /// One bot.
    pub fn get(id: Uuid) -> Call<Bot> {
        Call::get(format!("/bots/{id}"))
    }

    /// Deletes a bot with its versions and conversations.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/bots/{id}"))
    }

    /// Takes a bot down or puts it up again.
    pub fn set_status(id: Uuid, request: &SetStatusRequest) -> Call<()> {
        Call::put(format!("/bots/{id}/status")).json(request)
    }

    /// Every deployed version, newest first.
    pub fn versions(id: Uuid) -> Call<Vec<BotVersion>> {
        Call::get(format!("/bots/{id}/versions"))
    }

    /// Makes an earlier version live again.
    pub fn rollback(id: Uuid, request: &RollbackRequest) -> Call<Deployed> {
        Call::post(format!("/bots/{id}/rollback")).json(request)
    }
}

/// `/chatbots/draft`
pub mod bot_drafts {
    use super::{Call, Uuid};
    use crate::bots::{ChatbotContent, DeployRequest, Deployed, PromptPreview};
    use crate::drafts::{CreateDraftRequest, Draft, DraftSummary, SaveChatbotDraftRequest, TestDraftRequest};

    /// Begins a draft.
    pub fn create(request: &CreateDraftRequest) -> Call<Draft<ChatbotContent>> {
        Call::post("/chatbots/draft").json(request)
    }

    /// Drafts of the workspace, last saved first.
    pub fn list() -> Call<Vec<DraftSummary>> {
        Call::get("/chatbots/draft")
    }

    /// One draft.
    pub fn get(id: Uuid) -> Call<Draft<ChatbotContent>> {
        Call::get(format!("/chatbots/draft/{id}"))
    }

    /// Saves on top of the version that was read.
    pub fn save(id: Uuid, request: &SaveChatbotDraftRequest) -> Call<Draft<ChatbotContent>> {
        Call::put(format!("/chatbots/draft/{id}")).json(request)
    }

    /// Throws a draft away.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/chatbots/draft/{id}"))
    }

    /// One test turn; the answer is a stream of [`crate::chat::ChatEvent`]s, so [`Call::open`] it.
    pub fn test(id: Uuid, request: &TestDraftRequest) -> Call<()> {
        Call::post(format!("/chatbots/draft/{id}/test")).json(request)
    }

    /// Makes the draft a live bot.
    pub fn deploy(id: Uuid, request: &DeployRequest) -> Call<Deployed> {
        Call::post(format!("/chatbots/draft/{id}/deploy")).json(request)
    }

    /// The prompt that the model would be given.
    pub fn prompt(id: Uuid) -> Call<PromptPreview> {
        Call::get(format!("/chatbots/draft/{id}/prompt"))
    }
}

/// `/kb`
pub mod kb {
    use super::{Call, Uuid};
    use crate::kb::{
        Chunk, Document, KnowledgeBase, PreviewRequest, Retried, SaveChunkRequest, SaveDocumentRequest,
        SearchRequest, SearchResponse, StoredChunk,
    };

    /// Knowledge bases of the workspace.
    pub fn list() -> Call<Vec<KnowledgeBase>> {
        Call::get("/kb")
    }

    /// One knowledge base.
    pub fn get(id: Uuid) -> Call<KnowledgeBase> {
        Call::get(format!("/kb/{id}"))
    }

    /// Deletes a knowledge base with its documents and chunks.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/kb/{id}"))
    }

    /// Its documents and how far they are.
    pub fn documents(id: Uuid) -> Call<Vec<Document>> {
        Call::get(format!("/kb/{id}/documents"))
    }

    /// Deletes one document with its chunks.
    pub fn delete_document(id: Uuid, document: Uuid) -> Call<()> {
        Call::delete(format!("/kb/{id}/documents/{document}"))
    }

    /// Lets a worker try a failed document again.
    pub fn retry_document(id: Uuid, document: Uuid) -> Call<Document> {
        Call::post(format!("/kb/{id}/documents/{document}/retry"))
    }

    /// Lets a worker try every failed document again.
    pub fn retry_failed(id: Uuid) -> Call<Retried> {
        Call::post(format!("/kb/{id}/documents/retry-failed"))
    }

    /// The chunks of a document, in order.
    pub fn chunks(id: Uuid, document: Uuid) -> Call<Vec<StoredChunk>> {
        Call::get(format!("/kb/{id}/documents/{document}/chunks"))
    }

    /// Changes a chunk.
    pub fn save_chunk(
        id: Uuid,
        document: Uuid,
        chunk: Uuid,
        request: &SaveChunkRequest,
    ) -> Call<StoredChunk> {
        Call::put(format!("/kb/{id}/documents/{document}/chunks/{chunk}")).json(request)
    }

    /// How a document would be cut with other settings.
    pub fn preview_chunks(id: Uuid, document: Uuid, request: &PreviewRequest) -> Call<Vec<Chunk>> {
        Call::post(format!("/kb/{id}/documents/{document}/preview-chunks")).json(request)
    }

    /// Changes what people say about a document.
    pub fn save_document(id: Uuid, document: Uuid, request: &SaveDocumentRequest) -> Call<Document> {
        Call::put(format!("/kb/{id}/documents/{document}")).json(request)
    }

    /// What the retriever finds.
    pub fn search(id: Uuid, request: &SearchRequest) -> Call<SearchResponse> {
        Call::post(format!("/kb/{id}/search")).json(request)
    }
}

/// `/kb/{kb_id}/sources`
pub mod kb_sources {
    use super::{Call, Page, Uuid, query};
    use crate::sources::{CrawledPage, Source, UpdateSourceRequest};

    /// Sources of a knowledge base.
    pub fn list(kb: Uuid) -> Call<Vec<Source>> {
        Call::get(format!("/kb/{kb}/sources"))
    }

    /// Changes how often a source is fetched again.
    pub fn update(kb: Uuid, id: Uuid, request: &UpdateSourceRequest) -> Call<Source> {
        Call::put(format!("/kb/{kb}/sources/{id}")).json(request)
    }

    /// Deletes a source with its documents.
    pub fn delete(kb: Uuid, id: Uuid) -> Call<()> {
        Call::delete(format!("/kb/{kb}/sources/{id}"))
    }

    /// Fetches a source again.
    pub fn sync(kb: Uuid, id: Uuid) -> Call<Source> {
        Call::post(format!("/kb/{kb}/sources/{id}/sync"))
    }

    /// Stops that.
    pub fn cancel(kb: Uuid, id: Uuid) -> Call<Source> {
        Call::post(format!("/kb/{kb}/sources/{id}/sync/cancel"))
    }

    /// Pages of the last crawl in these states, such as `skipped,failed`.
    pub fn pages(kb: Uuid, id: Uuid, states: &str, cursor: Option<String>) -> Call<Page<CrawledPage>> {
        let query = query(&[("state", Some(states.to_owned())), ("cursor", cursor)]);
        Call::get(format!("/kb/{kb}/sources/{id}/pages{query}"))
    }
}

/// `/kb/{kb_id}/sources/{source_id}/pairs`
pub mod kb_pairs {
    use super::{BASE, Call, Uuid};
    use crate::pairs::{Pairs, SavePairsRequest};

    /// The pairs of a source.
    pub fn get(kb: Uuid, source: Uuid) -> Call<Pairs> {
        Call::get(format!("/kb/{kb}/sources/{source}/pairs"))
    }

    /// Replaces them, on top of the version that was read.
    pub fn save(kb: Uuid, source: Uuid, request: &SavePairsRequest) -> Call<Pairs> {
        Call::put(format!("/kb/{kb}/sources/{source}/pairs")).json(request)
    }

    /// Where a CSV file goes, as a `POST` of `multipart/form-data` with a part named `file`. Answers
    /// [`AddedPairs`](crate::pairs::AddedPairs).
    pub fn import_url(kb: Uuid, source: Uuid) -> String {
        format!("{BASE}/kb/{kb}/sources/{source}/pairs/import")
    }
}

/// `/kb/draft`
pub mod kb_drafts {
    use super::{BASE, Call, Page, Uuid, query};
    use crate::drafts::{CreateDraftRequest, Draft, DraftSummary};
    use crate::kb::{AddSourcesRequest, ChunkPreview, Finalized, KnowledgeBaseContent, SaveKbDraftRequest};
    use crate::pairs::{Pair, SaveDraftPairsRequest};
    use crate::sources::{Crawl, CrawledPage};

    /// Begins a draft.
    pub fn create(request: &CreateDraftRequest) -> Call<Draft<KnowledgeBaseContent>> {
        Call::post("/kb/draft").json(request)
    }

    /// Drafts of the workspace, last saved first.
    pub fn list() -> Call<Vec<DraftSummary>> {
        Call::get("/kb/draft")
    }

    /// One draft.
    pub fn get(id: Uuid) -> Call<Draft<KnowledgeBaseContent>> {
        Call::get(format!("/kb/draft/{id}"))
    }

    /// Saves everything but the sources, on top of the version that was read.
    pub fn save(id: Uuid, request: &SaveKbDraftRequest) -> Call<Draft<KnowledgeBaseContent>> {
        Call::put(format!("/kb/draft/{id}")).json(request)
    }

    /// Throws a draft away, with its files.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/kb/draft/{id}"))
    }

    /// Where files go, as a `PUT` of `multipart/form-data` with parts named `file`.
    pub fn sources_url(id: Uuid) -> String {
        format!("{BASE}/kb/draft/{id}/sources")
    }

    /// Where a CSV file of questions and answers goes, as a `POST` of `multipart/form-data` with a part named `file`.
    pub fn import_pairs_url(id: Uuid) -> String {
        format!("{BASE}/kb/draft/{id}/pairs/import")
    }

    /// Adds text, web pages, websites, and questions with their answers.
    pub fn add_sources(id: Uuid, request: &AddSourcesRequest) -> Call<Draft<KnowledgeBaseContent>> {
        Call::put(format!("/kb/draft/{id}/sources")).json(request)
    }

    /// The questions and answers of a source.
    pub fn pairs(id: Uuid, source: Uuid) -> Call<Vec<Pair>> {
        Call::get(format!("/kb/draft/{id}/sources/{source}/pairs"))
    }

    /// Replaces all questions and answers of a source, which gets another id.
    pub fn save_pairs(
        id: Uuid,
        source: Uuid,
        request: &SaveDraftPairsRequest,
    ) -> Call<Draft<KnowledgeBaseContent>> {
        Call::put(format!("/kb/draft/{id}/sources/{source}/pairs")).json(request)
    }

    /// Takes a source out again.
    pub fn remove_source(id: Uuid, source: Uuid) -> Call<Draft<KnowledgeBaseContent>> {
        Call::delete(format!("/kb/draft/{id}/sources/{source}"))
    }

    /// How far the crawl of a website is.
    pub fn crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
        Call::get(format!("/kb/draft/{id}/sources/{source}/crawl"))
    }

    /// Crawls a website again.
    pub fn restart_crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
        Call::post(format!("/kb/draft/{id}/sources/{source}/crawl"))
    }

    /// Stops the crawl of a website.
    pub fn cancel_crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
        Call::post(format!("/kb/draft/{id}/sources/{source}/crawl/cancel"))
    }

    /// Pages of a website in these states, such as `skipped,failed`.
    pub fn pages(id: Uuid, source: Uuid, states: &str, cursor: Option<String>) -> Call<Page<CrawledPage>> {
        let query = query(&[("state", Some(states.to_owned())), ("cursor", cursor)]);
        Call::get(format!("/kb/draft/{id}/sources/{source}/pages{query}"))
    }

    /// Leaves a page of a website out.
    pub fn remove_page(id: Uuid, source: Uuid, page: Uuid) -> Call<()> {
        Call::delete(format!("/kb/draft/{id}/sources/{source}/pages/{page}"))
    }

    /// How the sources would be chunked: the first `limit` chunks of one source, or of each.
    pub fn preview(id: Uuid, source: Option<Uuid>, limit: usize) -> Call<ChunkPreview> {
        let source = source.map(|id| id.to_string());
        let query = query(&[("source_id", source), ("limit", Some(limit.to_string()))]);
        Call::get(format!("/kb/draft/{id}/preview-chunks{query}"))
    }

    /// Makes the draft a knowledge base.
    pub fn finalize(id: Uuid) -> Call<Finalized> {
        Call::post(format!("/kb/draft/{id}/finalize"))
    }
}

/// `/conversations` and `/gaps`
pub mod conversations {
    use super::{Call, Page, Uuid, query};
    use crate::conversations::{Conversation, ConversationSummary, Gap};
    use crate::retrieval::MessageRetrieval;

    /// Conversations, newest first, of one bot or of all.
    pub fn list(bot: Option<Uuid>, cursor: Option<String>) -> Call<Page<ConversationSummary>> {
        Call::get(format!("/conversations{}", page(bot, cursor)))
    }

    /// One conversation with its messages.
    pub fn get(id: Uuid) -> Call<Conversation> {
        Call::get(format!("/conversations/{id}"))
    }

    /// Why an answer is what it is.
    pub fn retrieval(id: Uuid, message: Uuid) -> Call<MessageRetrieval> {
        Call::get(format!("/conversations/{id}/messages/{message}/retrieval"))
    }

    /// Questions without an answer, newest first.
    pub fn gaps(bot: Option<Uuid>, cursor: Option<String>) -> Call<Page<Gap>> {
        Call::get(format!("/gaps{}", page(bot, cursor)))
    }

    fn page(bot: Option<Uuid>, cursor: Option<String>) -> String {
        query(&[("bot_id", bot.map(|id| id.to_string())), ("cursor", cursor)])
    }
}

/// `/test-sets`
pub mod test_sets {
    use super::{Call, Uuid};
    use crate::test_sets::{
        CaseFromConversationRequest, ImportCasesRequest, ImportedCases, SaveTestCaseRequest,
        SaveTestSetRequest, StartRunRequest, TestCase, TestRun, TestRunDetail, TestSet,
    };

    /// Test sets of the workspace by name.
    pub fn list() -> Call<Vec<TestSet>> {
        Call::get("/test-sets")
    }

    /// Makes a set.
    pub fn create(request: &SaveTestSetRequest) -> Call<TestSet> {
        Call::post("/test-sets").json(request)
    }

    /// One set.
    pub fn get(id: Uuid) -> Call<TestSet> {
        Call::get(format!("/test-sets/{id}"))
    }

    /// Gives a set another name.
    pub fn rename(id: Uuid, request: &SaveTestSetRequest) -> Call<TestSet> {
        Call::put(format!("/test-sets/{id}")).json(request)
    }

    /// Deletes a set with its cases and runs.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/test-sets/{id}"))
    }

    /// The cases of a set, in the order they were added.
    pub fn cases(id: Uuid) -> Call<Vec<TestCase>> {
        Call::get(format!("/test-sets/{id}/cases"))
    }

    /// Adds a case.
    pub fn add_case(id: Uuid, request: &SaveTestCaseRequest) -> Call<TestCase> {
        Call::post(format!("/test-sets/{id}/cases")).json(request)
    }

    /// Adds a visitor's question.
    pub fn add_from_conversation(id: Uuid, request: &CaseFromConversationRequest) -> Call<TestCase> {
        Call::post(format!("/test-sets/{id}/cases/from-conversation")).json(request)
    }

    /// Changes a case.
    pub fn change_case(id: Uuid, case: Uuid, request: &SaveTestCaseRequest) -> Call<TestCase> {
        Call::put(format!("/test-sets/{id}/cases/{case}")).json(request)
    }

    /// Deletes a case.
    pub fn delete_case(id: Uuid, case: Uuid) -> Call<()> {
        Call::delete(format!("/test-sets/{id}/cases/{case}"))
    }

    /// Adds cases from CSV.
    pub fn import(id: Uuid, request: &ImportCasesRequest) -> Call<ImportedCases> {
        Call::post(format!("/test-sets/{id}/import")).json(request)
    }

    /// The cases as CSV, which is no JSON, so [`Call::open`] it.
    pub fn export(id: Uuid) -> Call<()> {
        Call::get(format!("/test-sets/{id}/export"))
    }

    /// The runs of a set, newest first.
    pub fn runs(id: Uuid) -> Call<Vec<TestRun>> {
        Call::get(format!("/test-sets/{id}/runs"))
    }

    /// Runs a set on a bot or draft.
    pub fn start(id: Uuid, request: &StartRunRequest) -> Call<TestRun> {
        Call::post(format!("/test-sets/{id}/runs")).json(request)
    }

    /// A run, case by case.
    pub fn run(id: Uuid, run: Uuid) -> Call<TestRunDetail> {
        Call::get(format!("/test-sets/{id}/runs/{run}"))
    }

    /// Stops a run.
    pub fn cancel(id: Uuid, run: Uuid) -> Call<TestRun> {
        Call::post(format!("/test-sets/{id}/runs/{run}/cancel"))
    }
}

/// `/providers`
pub mod providers {
    use super::{Call, Uuid};
    use crate::providers::{Provider, ProviderCheck, SaveProviderRequest};

    /// Connections of the workspace.
    pub fn list() -> Call<Vec<Provider>> {
        Call::get("/providers")
    }

    /// Connects a server.
    pub fn create(request: &SaveProviderRequest) -> Call<Provider> {
        Call::post("/providers").json(request)
    }

    /// Changes a connection.
    pub fn update(id: Uuid, request: &SaveProviderRequest) -> Call<Provider> {
        Call::put(format!("/providers/{id}")).json(request)
    }

    /// Forgets a connection and its key.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/providers/{id}"))
    }

    /// Asks the default model for a word.
    pub fn check(id: Uuid) -> Call<ProviderCheck> {
        Call::post(format!("/providers/{id}/check"))
    }
}

/// `/embedding`
pub mod embedding {
    use super::Call;
    use crate::embeddings::{ChangeEmbeddingRequest, EmbeddingSettings};

    /// Which model is in use, and which is to take over.
    pub fn get() -> Call<EmbeddingSettings> {
        Call::get("/embedding")
    }

    /// Chooses another.
    pub fn change(request: &ChangeEmbeddingRequest) -> Call<EmbeddingSettings> {
        Call::put("/embedding").json(request)
    }

    /// Stays with the one in use.
    pub fn cancel() -> Call<EmbeddingSettings> {
        Call::delete("/embedding/next")
    }
}

/// `/connections`
pub mod connections {
    use super::{Call, Page, Uuid, query};
    use crate::connections::{Connection, ConnectionCheck, CreateConnectionRequest, RemoteItem};

    /// Connections of the workspace.
    pub fn list() -> Call<Vec<Connection>> {
        Call::get("/connections")
    }

    /// Connects a service.
    pub fn create(request: &CreateConnectionRequest) -> Call<Connection> {
        Call::post("/connections").json(request)
    }

    /// Forgets a connection and its credential.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/connections/{id}"))
    }

    /// Tries the credential.
    pub fn check(id: Uuid) -> Call<ConnectionCheck> {
        Call::post(format!("/connections/{id}/check"))
    }

    /// What a connection shows, by words of its titles.
    pub fn items(id: Uuid, words: &str, cursor: Option<String>) -> Call<Page<RemoteItem>> {
        let query = query(&[("query", Some(words.to_owned())), ("cursor", cursor)]);
        Call::get(format!("/connections/{id}/items{query}"))
    }
}

/// `/api-keys`
pub mod api_keys {
    use super::{Call, Uuid};
    use crate::api_keys::{ApiKey, CreateApiKeyRequest, CreatedApiKey};

    /// Keys of the workspace.
    pub fn list() -> Call<Vec<ApiKey>> {
        Call::get("/api-keys")
    }

    /// Makes a key; its text is in this answer only.
    pub fn create(request: &CreateApiKeyRequest) -> Call<CreatedApiKey> {
        Call::post("/api-keys").json(request)
    }

    /// Revokes a key.
    pub fn delete(id: Uuid) -> Call<()> {
        Call::delete(format!("/api-keys/{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_what_has_a_value_and_is_encoded() {
        assert_eq!(conversations::list(None, None).url(), "/api/v1/conversations");
        let url = conversations::list(Some(Uuid::nil()), Some("a&b=c d".into())).url();
        assert_eq!(
            url,
            format!("/api/v1/conversations?bot_id={}&cursor=a%26b%3Dc+d", Uuid::nil())
        );
    }
}
