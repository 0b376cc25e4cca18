//! Requests to issuers go out through the guarded way, as all others do.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::outbound::Outbound;

/// How long an issuer may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Why there is no answer, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

impl From<crate::Error> for NoAnswer {
    fn from(error: crate::Error) -> Self {
        Self(error.to_string())
    }
}

/// Sends what the OAuth crates ask for. Redirects are not followed.
pub(super) struct Http(Outbound);

impl Http {
    pub(super) fn new(outbound: &Outbound) -> Self {
        Self(outbound.clone())
    }

    /// Sends a request, and reads the answer.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|error| NoAnswer(error.to_string()))?;
        let request = self.0.request(parts.method, &url)?;
        let request = request.headers(parts.headers).body(body);
        let reply = self.0.ask(request, &url, TIMEOUT, MAX_BYTES).await;
        let reply = reply.map_err(NoAnswer)?;
        let body = reply
            .body
            .ok_or_else(|| NoAnswer("Its answer is too long.".to_owned()))?;
        let mut response = HttpResponse::new(body);
        *response.status_mut() = reply.status;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
