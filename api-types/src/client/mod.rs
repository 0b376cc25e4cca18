//! The typed client for WASM front ends: every route is a function that makes a [`Call`].
//!
//! A call is plain data until it is sent, so that a caller can send it again after it has signed in anew.

mod routes;

use std::marker::PhantomData;

use gloo_net::http::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ErrorCode, Problem};
pub use routes::*;

/// Where every route begins.
pub const BASE: &str = "/api/v1";

/// One request, answered with a `T`.
#[derive(Debug)]
pub struct Call<T> {
    request: Request,
    answer: PhantomData<fn() -> T>,
}

/// What is sent. It knows nothing of the answer's type, so that the code which sends is there once and not for each type.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    body: Option<String>,
}

/// A successful answer, not read yet.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    text: String,
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self {
            request: self.request.clone(),
            answer: PhantomData,
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientError {
    /// The server was not reached, or the connection broke.
    Network,
    /// The server says what is wrong.
    Problem(Box<Problem>),
    /// Something that does not speak this contract answered, such as a proxy.
    Unexpected {
        /// The HTTP status.
        status: u16,
    },
}

impl ClientError {
    /// The stable name of the problem, if the server gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Network | Self::Unexpected { .. } => None,
        }
    }

    /// Whether the same call may well succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network => true,
            Self::Problem(problem) => problem.status >= 500 || problem.status == 429,
            Self::Unexpected { status } => *status >= 500,
        }
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Network => f.write_str("The server can't be reached. Check your connection and try again."),
            // What is wrong with the fields says more than that something is.
            Self::Problem(problem)
                if problem.code == ErrorCode::ValidationFailed && !problem.errors.is_empty() =>
            {
                let messages: Vec<_> = problem
                    .errors
                    .iter()
                    .map(|error| error.message.as_str())
                    .collect();
                f.write_str(&messages.join(" "))
            }
            Self::Problem(problem) => f.write_str(&problem.detail),
            Self::Unexpected { status } => {
                write!(
                    f,
                    "The server gave an answer that can't be understood (HTTP {status}). Try again."
                )
            }
        }
    }
}

impl std::error::Error for ClientError {}

impl<T> Call<T> {
    fn new(method: Method, path: String) -> Self {
        let request = Request {
            method,
            path,
            body: None,
        };
        Self {
            request,
            answer: PhantomData,
        }
    }

    fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into())
    }

    fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path.into())
    }

    fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path.into())
    }

    /// Serializing the plain data of this crate can't fail; an empty body would be refused by the server.
    fn json(mut self, body: &impl Serialize) -> Self {
        self.request.body = Some(serde_json::to_string(body).unwrap_or_default());
        self
    }

    /// What is sent.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What is sent, by itself.
    pub fn into_request(self) -> Request {
        self.request
    }

    /// Path and query, from the root of the site.
    pub fn url(&self) -> String {
        self.request.url()
    }
}

impl<T: DeserializeOwned> Call<T> {
    /// Sends it, with the access token if there is one.
    pub async fn send(&self, token: Option<&str>) -> Result<T, ClientError> {
        self.request.send(token).await?.read()
    }
}

impl Request {
    /// Path and query, from the root of the site.
    pub fn url(&self) -> String {
        format!("{BASE}{}", self.path)
    }

    /// The JSON body.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Sends it, with the access token if there is one.
    pub async fn send(&self, token: Option<&str>) -> Result<Answer, ClientError> {
        let response = self.open(token, None).await?;
        let status = response.status();
        let text = response.text().await.map_err(|_| ClientError::Network)?;
        Ok(Answer { status, text })
    }

    /// Sends it and hands back the successful response unread, for answers that are streams.
    pub async fn open(
        &self,
        token: Option<&str>,
        abort: Option<&web_sys::AbortSignal>,
    ) -> Result<Response, ClientError> {
        let mut request = RequestBuilder::new(&self.url())
            .method(self.method.clone())
            .abort_signal(abort);
        if let Some(token) = token {
            request = request.header("Authorization", &format!("Bearer {token}"));
        }
        let sent = match &self.body {
            Some(body) => {
                let request = request
                    .header("Content-Type", "application/json")
                    .body(body.as_str());
                request.map_err(|_| ClientError::Network)?.send().await
            }
            None => request.send().await,
        };
        let response = sent.map_err(|_| ClientError::Network)?;
        if response.ok() {
            return Ok(response);
        }
        let text = response.text().await.map_err(|_| ClientError::Network)?;
        Err(problem(response.status(), &text))
    }
}

impl Answer {
    /// What it says; an empty one stands for `()`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        answer(self.status, &self.text)
    }
}

/// Reads the body of a successful answer; an empty one stands for `()`.
pub fn answer<T: DeserializeOwned>(status: u16, text: &str) -> Result<T, ClientError> {
    let text = if text.is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|_| ClientError::Unexpected { status })
}

/// Reads the body of a refusal.
pub fn problem(status: u16, text: &str) -> ClientError {
    match serde_json::from_str(text) {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::Unexpected { status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_is_unit_and_anything_else_must_parse() {
        assert_eq!(answer::<()>(204, ""), Ok(()));
        assert_eq!(
            answer::<u8>(200, "<html>"),
            Err(ClientError::Unexpected { status: 200 })
        );
        assert_eq!(
            problem(502, "<html>Bad gateway"),
            ClientError::Unexpected { status: 502 }
        );
    }
}
