//! Client of any server that speaks OpenAI's chat completions.
//!
//! Errors carry `provider_unavailable`, `provider_rate_limited`, `provider_unauthorized` or `provider_protocol`, with
//! a sentence for the owner of the bot (not for visitors). `url_forbidden` comes from the [outbound](crate::outbound)
//! guard.

mod beside;
mod decode;
mod request;
mod sse;
mod wire;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use secrecy::SecretString;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, Span, debug_span};
use url::Url;

use super::failure::{redact, unavailable};
use super::{ChatCompletion, Piece, PieceStream};
use crate::outbound::Outbound;
use crate::{Error, Result, metrics};

/// How long to wait for a provider.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From sending the request to the first line of the answer.
    pub first_byte: Duration,
    /// Between two lines of the answer.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

/// A connection to one server. The key goes to this server alone; redirects are not followed.
#[derive(Debug, Clone)]
pub struct OpenAi {
    outbound: Outbound,
    /// Where completions are asked for.
    url: Url,
    api_key: Option<SecretString>,
    patience: Patience,
}

impl OpenAi {
    /// `base_url` ends before `/chat/completions`, such as `https://api.openai.com/v1`. Its query is kept.
    pub fn new(outbound: Outbound, base_url: &str, api_key: Option<SecretString>) -> Result<Self> {
        let mut url = outbound.check_url(base_url)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["chat", "completions"]);
        }
        Ok(Self {
            outbound,
            url,
            api_key,
            patience: Patience::default(),
        })
    }

    /// Waits for longer or shorter than usual.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Asks for an answer. Resolves when its first text is there, so that an `Err` means that nothing was shown yet
    /// and another model may be asked.
    pub async fn stream(&self, completion: &ChatCompletion) -> Result<PieceStream> {
        let began = Instant::now();
        let span = debug_span!("provider", what = "chat");
        let stream = self.begin(completion, span.clone()).instrument(span).await;
        metrics::provider("chat", stream.is_ok(), began.elapsed());
        stream
    }

    /// The span ends with the answer.
    async fn begin(&self, completion: &ChatCompletion, span: Span) -> Result<PieceStream> {
        let key = self.api_key.clone();
        let mut pieces = self
            .open(completion)
            .await
            .map_err(|error| redact(error, key.as_ref()))?;
        let first = pieces
            .try_next()
            .await
            .map_err(|error| redact(error, key.as_ref()))?;
        let rest = pieces.map_err(move |error| span.in_scope(|| redact(error, key.as_ref())));
        Ok(stream::iter(first.map(Ok)).chain(rest).boxed())
    }

    async fn open(&self, completion: &ChatCompletion) -> Result<PieceStream> {
        let deadline = Instant::now() + self.patience.first_byte;
        let (response, slot) = timeout_at(deadline, self.send(completion))
            .await
            .map_err(|_| self.silent())??;
        decode::pieces(response, slot, deadline, self.patience.stall).map(beside::beside)
    }

    /// Asks for a short answer and waits up to `limit` for all of it.
    pub async fn complete(&self, completion: &ChatCompletion, limit: Duration) -> Result<String> {
        let whole = async {
            let mut pieces = self.stream(completion).await?;
            let mut answer = String::new();
            while let Some(piece) = pieces.try_next().await? {
                if let Piece::Text(text) = piece {
                    answer.push_str(&text);
                }
            }
            Ok(answer)
        };
        timeout(limit, whole).await.map_err(|_| self.silent())?
    }

    fn silent(&self) -> Error {
        unavailable(format!("{} did not answer in time.", self.host()))
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}
