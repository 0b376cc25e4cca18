//! The route table, and what every request passes through.

mod analytics;
mod api_keys;
mod audit;
mod auth;
mod auth_account;
mod auth_data;
mod auth_identities;
mod auth_mfa;
mod auth_oauth;
mod auth_passkeys;
mod auth_sessions;
mod auth_wallets;
mod bots;
mod chat;
mod chatbot_drafts;
mod client_address;
mod connections;
mod conversations;
mod data;
mod demo;
mod device;
mod docs;
mod edge;
mod embed;
mod embedding;
mod gaps;
mod health;
mod inbox;
mod inbox_settings;
mod inbox_visitors;
mod invitations;
mod kb;
mod kb_draft_websites;
mod kb_drafts;
mod kb_pairs;
mod kb_sources;
mod leads;
mod live;
mod members;
mod metrics;
mod openai;
mod organization;
mod outbox;
mod paged;
mod providers;
mod spa;
mod test_sets;
mod uploads;
mod usage;
mod visitor_secrets;
mod webhooks;
mod widget;
mod workspaces;

use api_types::Problem;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::Method;
use axum::routing::get;
use domain::config::Config;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use self::client_address::ClientAddress;
use crate::open::Open;
use crate::{AppState, key_scopes};

pub use edge::request_id;

/// Largest JSON body. A draft has at most 512 KB, pasted text at most 1,000,000 characters.
const MAX_JSON_BYTES: usize = 6 * 1024 * 1024;
/// Largest upload: a few files of the largest size at once.
const MAX_UPLOAD_BYTES: usize = 64 * 1024 * 1024;

/// The API of members and programs. With that of visitors it is every route that stands in the OpenAPI document.
fn api(config: &Config) -> OpenApiRouter<AppState> {
    let address = ClientAddress::new(&config.trusted_proxies);
    OpenApiRouter::new()
        .merge(edge::limited(
            &address,
            config.auth_requests_per_minute,
            OpenApiRouter::new()
                .routes(routes!(auth::signup))
                .routes(routes!(auth::login))
                .routes(routes!(auth::mfa))
                .routes(routes!(auth::refresh))
                .routes(routes!(auth_account::forgot_password))
                .routes(routes!(auth_account::reset_password))
                .routes(routes!(auth_account::verify_email))
                .routes(routes!(data::receipt))
                .routes(routes!(auth_oauth::begin))
                .routes(routes!(auth_oauth::callback, auth_oauth::callback_form))
                .routes(routes!(auth_wallets::message))
                .routes(routes!(auth_wallets::verify))
                .routes(routes!(auth_passkeys::challenge))
                .routes(routes!(auth_passkeys::verify))
                .routes(routes!(auth_identities::sign_in))
                .routes(routes!(auth_identities::signup))
                .routes(routes!(invitations::preview))
                .routes(routes!(invitations::accept)),
        ))
        .routes(routes!(auth::options))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me, auth::save_profile))
        .routes(routes!(auth::context))
        .routes(routes!(auth::closed_organizations))
        .routes(routes!(auth::restore_organization))
        .routes(routes!(auth_account::change_password))
        .routes(routes!(auth_account::change_email))
        .routes(routes!(auth_account::resend_verification))
        .routes(routes!(auth_data::delete_account))
        .routes(routes!(auth_data::exports, auth_data::start_export))
        .routes(routes!(auth_data::export_file))
        .routes(routes!(auth_data::delete_export))
        .routes(routes!(auth_sessions::list, auth_sessions::end_all))
        .routes(routes!(auth_sessions::end))
        .routes(routes!(auth_identities::list))
        .routes(routes!(auth_identities::link))
        .routes(routes!(auth_identities::remove))
        .routes(routes!(auth_oauth::begin_link))
        .routes(routes!(auth_wallets::link_message))
        .routes(routes!(auth_passkeys::registration))
        .routes(routes!(auth_passkeys::add))
        .routes(routes!(auth_mfa::status))
        .routes(routes!(auth_mfa::setup))
        .routes(routes!(auth_mfa::enable))
        .routes(routes!(auth_mfa::disable))
        .routes(routes!(auth_mfa::recovery_codes))
        .routes(routes!(workspaces::list, workspaces::create))
        .routes(routes!(workspaces::rename))
        .routes(routes!(members::list))
        .routes(routes!(members::change, members::remove))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::revoke))
        .routes(routes!(organization::get, organization::rename))
        .routes(routes!(organization::close))
        .routes(routes!(organization::transfer))
        .routes(routes!(organization::list_members))
        .routes(routes!(organization::change_member, organization::remove_member))
        .routes(routes!(
            organization::list_invitations,
            organization::create_invitation
        ))
        .routes(routes!(organization::revoke_invitation))
        .routes(routes!(organization::close_workspace))
        .routes(routes!(organization::restore_workspace))
        .routes(routes!(bots::list))
        .routes(routes!(bots::get, bots::delete))
        .routes(routes!(bots::set_status))
        .routes(routes!(bots::versions))
        .routes(routes!(bots::rollback))
        .routes(routes!(
            visitor_secrets::list_visitor_secrets,
            visitor_secrets::create_visitor_secret
        ))
        .routes(routes!(visitor_secrets::delete_visitor_secret))
        .routes(routes!(embed::embed_check))
        .routes(routes!(embed::bot_sites))
        .routes(routes!(chatbot_drafts::create, chatbot_drafts::list))
        .routes(routes!(
            chatbot_drafts::get,
            chatbot_drafts::save,
            chatbot_drafts::delete
        ))
        .routes(routes!(chatbot_drafts::test))
        .routes(routes!(chatbot_drafts::prompt))
        .routes(routes!(chatbot_drafts::deploy))
        .routes(routes!(kb_drafts::create, kb_drafts::list))
        .routes(routes!(kb_drafts::get, kb_drafts::save, kb_drafts::delete))
        .routes(routes!(kb_drafts::add_sources).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .routes(routes!(kb_drafts::import_pairs).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .routes(routes!(kb_drafts::remove_source))
        .routes(
            routes!(kb_drafts::pairs, kb_drafts::save_pairs).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)),
        )
        .routes(routes!(
            kb_draft_websites::crawl,
            kb_draft_websites::restart_crawl
        ))
        .routes(routes!(kb_draft_websites::cancel_crawl))
        .routes(routes!(kb_draft_websites::draft_pages))
        .routes(routes!(kb_draft_websites::remove_page))
        .routes(routes!(kb_drafts::preview_chunks))
        .routes(routes!(kb_drafts::finalize))
        .routes(routes!(kb::list))
        .routes(routes!(kb::get, kb::save, kb::delete))
        .routes(routes!(kb::search))
        .routes(routes!(kb::suggested_questions))
        .routes(routes!(kb::documents))
        .routes(routes!(kb::save_document, kb::delete_document))
        .routes(routes!(kb::retry_document))
        .routes(routes!(kb::retry_failed_documents))
        .routes(routes!(kb::document_chunks))
        .routes(routes!(kb::save_chunk))
        .routes(routes!(kb::resting_edits))
        .routes(routes!(kb::preview_chunks))
        .routes(routes!(kb_sources::list))
        .routes(routes!(kb_sources::get, kb_sources::update, kb_sources::delete))
        .routes(routes!(kb_sources::sync))
        .routes(routes!(kb_sources::cancel))
        .routes(routes!(kb_sources::pages))
        .routes(
            routes!(kb_pairs::get, kb_pairs::save, kb_pairs::add)
                .layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)),
        )
        .routes(routes!(kb_pairs::import).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::get, conversations::delete))
        .routes(routes!(conversations::messages))
        .routes(routes!(conversations::delete_many))
        .routes(routes!(conversations::retrieval))
        .routes(routes!(uploads::attachment))
        .routes(routes!(conversations::gaps))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::counts))
        .routes(routes!(inbox::get))
        .routes(routes!(inbox::take))
        .routes(routes!(inbox::assign))
        .routes(routes!(inbox::give_back))
        .routes(routes!(inbox::close))
        .routes(routes!(inbox::reply))
        .routes(routes!(inbox::typing))
        .routes(routes!(inbox::read))
        .routes(routes!(inbox::add_note))
        .routes(routes!(inbox::delete_note))
        .routes(routes!(
            inbox_settings::notifications,
            inbox_settings::save_notifications
        ))
        .routes(routes!(
            inbox_settings::office_hours,
            inbox_settings::save_office_hours
        ))
        .routes(routes!(
            inbox_settings::canned_replies,
            inbox_settings::create_canned_reply
        ))
        .routes(routes!(
            inbox_settings::save_canned_reply,
            inbox_settings::delete_canned_reply
        ))
        .routes(routes!(leads::list))
        .routes(routes!(leads::export))
        .routes(routes!(leads::get, leads::save, leads::delete))
        .routes(routes!(leads::add_note))
        .routes(routes!(leads::delete_note))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::save, webhooks::delete))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::retry))
        .routes(routes!(gaps::gap_groups))
        .routes(routes!(gaps::save_gap_status))
        .routes(routes!(gaps::split_gap))
        .routes(routes!(gaps::improve_answer))
        .routes(routes!(analytics::report))
        .routes(routes!(analytics::export))
        .routes(routes!(test_sets::list, test_sets::create))
        .routes(routes!(test_sets::get, test_sets::rename, test_sets::delete))
        .routes(routes!(test_sets::cases, test_sets::add_case))
        .routes(routes!(test_sets::add_from_conversation))
        .routes(routes!(test_sets::change_case, test_sets::delete_case))
        .routes(routes!(test_sets::import))
        .routes(routes!(test_sets::export))
        .routes(routes!(test_sets::runs, test_sets::start_run))
        .routes(routes!(test_sets::get_run))
        .routes(routes!(test_sets::cancel_run))
        .routes(routes!(providers::list, providers::create))
        .routes(routes!(providers::update, providers::delete))
        .routes(routes!(providers::check))
        .routes(routes!(embedding::get, embedding::change))
        .routes(routes!(embedding::cancel))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::delete))
        .routes(routes!(connections::check))
        .routes(routes!(connections::items))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::delete))
        .routes(routes!(data::policy, data::save_policy))
        .routes(routes!(data::exports, data::start_export))
        .routes(routes!(data::export_file))
        .routes(routes!(data::delete_export))
        .routes(routes!(data::receipts))
        .routes(routes!(usage::get))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(openai::chat_completions))
        .routes(routes!(openai::models))
}

/// The API of visitors, who come from anywhere.
fn visitor_api(config: &Config) -> OpenApiRouter<AppState> {
    edge::limited(
        &ClientAddress::new(&config.trusted_proxies),
        config.chat_requests_per_minute,
        OpenApiRouter::new()
            .routes(routes!(chat::chat))
            .routes(routes!(chat::config))
            .routes(routes!(chat::session))
            .routes(routes!(chat::feedback))
            .routes(routes!(embed::stream_check))
            .routes(routes!(leads::submit))
            .routes(routes!(inbox_visitors::ask))
            .routes(routes!(uploads::upload).layer((
                DefaultBodyLimit::max(uploads::MAX_BODY_BYTES),
                Extension(Open::default()),
            )))
            .routes(routes!(inbox_visitors::live).layer(Extension(Open::default())))
            .routes(routes!(inbox_visitors::signal)),
    )
}

/// The whole server.
pub fn router(state: AppState) -> Router {
    let (api, document) = api(&state.config).split_for_parts();
    let (visitor_api, visitor_document) = visitor_api(&state.config).split_for_parts();
    let document = describe(document.merge_from(visitor_document));
    let pages = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        // No request and answer, so no part of the document; docs/LIVE.md describes it.
        .route("/api/v1/live", get(live::live).layer(Extension(Open::default())))
        .route("/demo", get(demo::page))
        .route("/outbox", get(outbox::page))
        .route("/docs/errors", get(docs::errors))
        .route(docs::OPENAPI, docs::openapi(&document))
        .merge(SwaggerUi::new("/docs/api").config(utoipa_swagger_ui::Config::from(docs::OPENAPI)))
        .merge(widget::routes());
    let router = api
        .merge(visitor_api.layer(edge::cors(&state.services)))
        .merge(pages)
        .fallback(spa::fallback)
        .method_not_allowed_fallback(edge::method_not_allowed);
    let address = ClientAddress::new(&state.config.trusted_proxies);
    let is_https = state.config.is_https();
    edge::wrap(
        &address,
        edge::Standing {
            leaving: state.leaving.clone(),
            pulse: state.pulse.clone(),
        },
        is_https,
        router.layer(DefaultBodyLimit::max(MAX_JSON_BYTES)),
    )
    .with_state(state)
}

/// The OpenAPI document alone, as `botwright openapi` prints it.
pub fn openapi(config: &Config) -> OpenApi {
    let members = api(config).split_for_parts().1;
    describe(members.merge_from(visitor_api(config).split_for_parts().1))
}

fn describe(mut document: OpenApi) -> OpenApi {
    document.info.contact = None;
    document.info.title = "Botwright".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "Errors of every route are `application/problem+json` (RFC 9457) with a stable `code`. \
         Send `Authorization: Bearer <token>`: an access token from `/api/v1/auth/login`, or a workspace API key."
            .to_owned(),
    );
    document.info.license = Some(utoipa::openapi::License::new("Apache-2.0"));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    name_operations(&mut document);
    tell_key_scopes(&mut document);
    tell_errors(&mut document);
    document
}

/// Says once for every route what any error looks like.
fn tell_errors(document: &mut OpenApi) {
    let mut schemas = Vec::new();
    <Problem as ToSchema>::schemas(&mut schemas);
    schemas.push((Problem::name().into_owned(), Problem::schema()));
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    let problem = ResponseBuilder::new()
        .description("What went wrong, and what to do")
        .content("application/problem+json", content)
        .build();
    // Those of the OpenAI-compatible routes look as OpenAI's do.
    let ours = |path: &str| path.starts_with("/api/");
    for (_, item) in document.paths.paths.iter_mut().filter(|(path, _)| ours(path)) {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), problem.clone().into());
        }
    }
}

/// Says of each route for members what an API key needs there.
fn tell_key_scopes(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation.as_mut().filter(|it| it.security.is_some()) else {
                continue;
            };
            let needed = match key_scopes::needed(&method, path) {
                Some(scope) => format!("API keys need the scope `{}`.", scope.as_str()),
                None => "Not for API keys.".to_owned(),
            };
            let description = operation.description.take();
            let description = description.map(|text| format!("{text}\n\n{needed}"));
            operation.description = Some(description.unwrap_or(needed));
        }
    }
}

/// Handlers are named within their module; with the tag in front their names are unique, as OpenAPI demands.
fn name_operations(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let tag = operation.tags.iter().flatten().next();
            if let (Some(id), Some(tag)) = (&mut operation.operation_id, tag) {
                *id = format!("{}_{id}", tag.replace(' ', "_").to_lowercase());
            }
        }
    }
}
