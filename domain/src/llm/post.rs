//! One JSON question to a provider's server, and its answer.

use std::time::Duration;

use api_types::ErrorCode;
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::instrument;
use url::Url;

use super::failure::{Failure, protocol, redact, unavailable};
use crate::outbound::{Outbound, Slot, refusal};
use crate::{Error, Result, metrics};

/// Where questions go. The key goes to this server alone; redirects are not followed.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    outbound: Outbound,
    url: Url,
    api_key: Option<SecretString>,
    /// The longest answer, in bytes.
    max_answer: usize,
    /// What is asked for, as it is counted.
    what: &'static str,
}

/// What a server said.
pub(super) enum Answer {
    /// The body of a success.
    Body(Vec<u8>),
    /// Not now: asked to slow down, or it has a problem of its own.
    NotNow {
        /// When to ask again, if it said so.
        retry_after: Option<Duration>,
        /// What to tell people.
        error: Error,
    },
}

impl Endpoint {
    /// `path` is added to the base URL, whose query is kept.
    pub(super) fn new(
        outbound: Outbound,
        base_url: &str,
        path: &[&str],
        api_key: Option<SecretString>,
        max_answer: usize,
        what: &'static str,
    ) -> Result<Self> {
        let mut url = outbound.check_url(base_url)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Ok(Self {
            outbound,
            url,
            api_key,
            max_answer,
            what,
        })
    }

    /// Asks once and waits up to `limit` for all of the answer.
    pub(super) async fn post(&self, body: &Value, limit: Duration) -> Result<Vec<u8>> {
        match self.try_post(body, limit).await? {
            Answer::Body(body) => Ok(body),
            Answer::NotNow { error, .. } => Err(error),
        }
    }

    /// The same, telling apart what may go better later.
    #[instrument(level = "debug", name = "provider", skip_all, fields(what = self.what))]
    pub(super) async fn try_post(&self, body: &Value, limit: Duration) -> Result<Answer> {
        let silent = |_| Err(unavailable(format!("{} did not answer in time.", self.host())));
        let began = Instant::now();
        let answer = timeout(limit, self.send(body)).await.unwrap_or_else(silent);
        metrics::provider(self.what, matches!(answer, Ok(Answer::Body(_))), began.elapsed());
        answer.map_err(|error| redact(error, self.api_key.as_ref()))
    }

    async fn send(&self, body: &Value) -> Result<Answer> {
        let (request, _slot) = self.request(body)?;
        let again = request.try_clone();
        let response = match (request.send().await, again) {
            // A server may close a connection that was kept just when it is used again. Asking twice does no harm.
            (Err(error), Some(again)) if broke_off(&error) => again.send().await,
            (response, _) => response,
        };
        let response =
            response.map_err(|error| refusal(&error, &self.url, ErrorCode::ProviderUnavailable))?;
        let status = response.status();
        if status.is_success() {
            return self.read(response).await.map(Answer::Body);
        }
        let failure = Failure::read(response).await;
        let retry_after = failure.retry_after;
        let error = failure.into_error(self.host());
        if status.as_u16() != 429 && !status.is_server_error() {
            return Err(error);
        }
        Ok(Answer::NotNow {
            retry_after,
            error: redact(error, self.api_key.as_ref()),
        })
    }

    fn request(&self, body: &Value) -> Result<(RequestBuilder, Slot)> {
        let (request, slot) = self.outbound.request_provider(Method::POST, &self.url)?;
        let request = request.json(body);
        let request = match &self.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        Ok((request, slot))
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| refusal(&error, &self.url, ErrorCode::ProviderUnavailable))?
        {
            if body.len() + chunk.len() > self.max_answer {
                let max = self.max_answer / (1024 * 1024);
                return Err(protocol(format!("{} sent more than {max} MB.", self.host())));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

fn broke_off(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}
