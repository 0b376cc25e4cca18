//! A person's browser, as far as signing in needs one: cookies of its own, and redirects that are looked at.

use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde::Serialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::{Person, TestApp, ok};

pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub http: Client,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        let http = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none());
        Self {
            app,
            http: http.build().unwrap(),
        }
    }

    /// A request to our own API.
    pub fn post(&self, path: &str, body: impl Serialize) -> RequestBuilder {
        let url = format!("{}/api/v1/auth/{path}", self.app.base);
        self.http.request(Method::POST, url).json(&body)
    }

    /// Begins to sign in. Answers the issuer's page.
    pub async fn begin(&self, issuer: &str) -> Url {
        let sent: Value = ok(self.post(&format!("oauth/{issuer}"), json!({ "next": "/bots?a=b" }))).await;
        sent["url"].as_str().unwrap().parse().unwrap()
    }

    /// Begins to add a way to somebody's account.
    pub async fn begin_link(&self, person: &Person, issuer: &str, password: &str) -> Url {
        let body = json!({ "current_password": password });
        let request = self.post(&format!("identities/oauth/{issuer}"), body);
        let sent: Value = ok(request.bearer_auth(person.token())).await;
        sent["url"].as_str().unwrap().parse().unwrap()
    }

    /// Opens the issuer's page. Answers where that sends it: to our callback.
    pub async fn consent(&self, page: Url) -> Url {
        location(&self.http.get(page).send().await.unwrap())
    }

    /// Comes back. Answers the page of the dashboard that it is led to.
    pub async fn come_back(&self, callback: Url) -> String {
        let response = self.http.get(callback).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let page = location(&response);
        page.as_str().strip_prefix(&self.app.base).unwrap().to_owned()
    }

    /// Submits a form of the issuer's page.
    pub async fn submit(&self, action: &str, fields: &[(String, String)]) -> Response {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self.http.post(action).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.unwrap()
    }

    /// All the way to the issuer and back.
    pub async fn visit(&self, issuer: &str) -> String {
        let callback = self.consent(self.begin(issuer).await).await;
        self.come_back(callback).await
    }

    /// What the dashboard does then.
    pub fn finish(&self) -> RequestBuilder {
        self.post("identities/sign-in", json!({}))
    }

    /// Makes an account for whoever came back.
    pub fn sign_up(&self, email: &str) -> RequestBuilder {
        self.post("identities/signup", json!({ "name": "Ada", "email": email }))
    }

    /// Adds what came back to somebody's account.
    pub fn link(&self, person: &Person) -> RequestBuilder {
        self.post("identities/link", json!({}))
            .bearer_auth(person.token())
    }

    /// A new person without a password.
    pub async fn newcomer(&self, issuer: &str, email: &str) -> Person {
        self.visit(issuer).await;
        let auth = ok(self.sign_up(email)).await;
        Person {
            email: email.to_owned(),
            auth,
        }
    }
}

/// Where a redirect leads.
pub fn location(response: &Response) -> Url {
    let status = response.status();
    assert!(status.is_redirection(), "{status}");
    response.headers()["location"].to_str().unwrap().parse().unwrap()
}
