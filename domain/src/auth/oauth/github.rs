//! GitHub: OAuth 2.0 with PKCE, and its API says who it is.

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl,
    http,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::http::Http;
use super::issuers::Issuer;
use super::{Attempt, away, redirect_url, refused};
use crate::auth::identities::Proof;
use crate::{Result, Services};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Where GitHub and its API are, and the secret between us.
#[derive(Debug, Clone, Copy)]
pub(super) struct GitHub<'a> {
    pub url: &'a str,
    pub api_url: &'a str,
    pub secret: &'a SecretString,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    primary: bool,
    verified: bool,
}

impl GitHub<'_> {
    /// The page of GitHub that the browser goes to.
    pub(super) fn authorize_url(
        self,
        services: &Services,
        issuer: &Issuer,
        state: String,
        challenge: PkceCodeChallenge,
    ) -> Result<String> {
        let client = self.client(services, issuer)?;
        let request = client
            .authorize_url(move || CsrfToken::new(state))
            .add_scope(Scope::new("read:user".to_owned()))
            .add_scope(Scope::new("user:email".to_owned()))
            .set_pkce_challenge(challenge);
        Ok(request.url().0.into())
    }

    /// Exchanges the code, and asks who it is.
    pub(super) async fn redeem(
        self,
        services: &Services,
        issuer: &Issuer,
        attempt: Attempt,
        code: String,
    ) -> Result<Proof> {
        let client = self.client(services, issuer)?;
        let http = Http::new(&services.outbound);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
            .request_async(&http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => refused(issuer, &said.to_string()),
                // GitHub answers 200 to a wrong code, with an error in it.
                RequestTokenError::Parse(_, body) if is_error(&body) => {
                    refused(issuer, "the code is not good any more")
                }
                RequestTokenError::Request(error) => away(issuer, &error.to_string()),
                other => away(issuer, &other.to_string()),
            })?;
        let token = tokens.access_token().secret();
        let user: User = self.ask(services, issuer, token, "/user").await?;
        let emails: Vec<Email> = self.ask(services, issuer, token, "/user/emails").await?;
        Ok(self.proof(user, emails))
    }

    fn client(self, services: &Services, issuer: &Issuer) -> Result<Client> {
        let login = |page: &str| format!("{}/login/oauth/{page}", self.url);
        let authorize = AuthUrl::new(login("authorize")).map_err(anyhow::Error::from)?;
        let token = TokenUrl::new(login("access_token")).map_err(anyhow::Error::from)?;
        let redirect = RedirectUrl::new(redirect_url(services, issuer)).map_err(anyhow::Error::from)?;
        Ok(BasicClient::new(ClientId::new(issuer.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.secret.expose_secret().to_owned()))
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_redirect_uri(redirect)
            .set_auth_type(AuthType::RequestBody))
    }

    async fn ask<T: DeserializeOwned>(
        self,
        services: &Services,
        issuer: &Issuer,
        token: &str,
        path: &str,
    ) -> Result<T> {
        let request = http::Request::get(format!("{}{path}", self.api_url))
            .header(http::header::ACCEPT, "application/vnd.github+json")
            .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
            .header("X-GitHub-Api-Version", "2022-11-28")
            .body(Vec::new())
            .map_err(anyhow::Error::from)?;
        let answer = Http::new(&services.outbound).send(request).await;
        let answer = answer.map_err(|error| away(issuer, &error.to_string()))?;
        if !answer.status().is_success() {
            return Err(away(issuer, &format!("{path} answers {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| away(issuer, &format!("{path}: {error}")))
    }

    fn proof(self, user: User, emails: Vec<Email>) -> Proof {
        let email = emails.into_iter().find(|email| email.primary);
        Proof {
            kind: self.url.to_owned(),
            subject: user.id.to_string(),
            label: user.login.clone(),
            name: user
                .name
                .filter(|name| !name.trim().is_empty())
                .or(Some(user.login)),
            email_verified: email.as_ref().is_some_and(|email| email.verified),
            email: email.map(|email| email.email),
            is_strong: false,
        }
    }
}

fn is_error(body: &[u8]) -> bool {
    let answer: Result<serde_json::Value, _> = serde_json::from_slice(body);
    answer.is_ok_and(|answer| answer.get("error").is_some())
}
