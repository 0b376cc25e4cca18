//! Who is signed in. The access token lives in memory only; the refresh cookie is out of reach for scripts.

mod expired;
mod storage;
pub mod tab;

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, ContextRequest, LoginRequest, MfaRequest, SignupRequest, User};
use api_types::client::{self, Answer, Call, ClientError, Request};
use api_types::identities::IdentitySignupRequest;
use api_types::tenancy::{PresentInvitationRequest, Role, Workspace};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{LocalBoxFuture, Shared};
use gloo_net::http::Response;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use web_sys::AbortSignal;

pub use expired::ExpiredDialog;
pub use storage::{forget_prefix, read, remove, write};

/// Who is signed in, and in which workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The person.
    pub user: User,
    /// Where they work now.
    pub workspace: Workspace,
    /// What they may do there.
    pub role: Role,
}

/// Whether the pages behind the sign-in can be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// The refresh cookie is being tried.
    Restoring,
    /// It could not be tried.
    Unreachable(ClientError),
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is.
    SignedIn(Identity),
}

type Renewal = Shared<LocalBoxFuture<'static, Result<(), ClientError>>>;

/// The session of this tab. A handle: copies are the same session.
#[derive(Clone, Copy)]
pub struct Session {
    access: RwSignal<Access>,
    /// Whether the person is being asked to sign in again, over the page they were on.
    expired: RwSignal<bool>,
    token: StoredValue<Option<String>>,
    /// The one refresh under way, which every call that met a 401 waits for.
    renewal: StoredValue<Option<Renewal>, LocalStorage>,
    /// Calls that wait until the person has signed in again; `false` tells them to give up.
    waiting: StoredValue<Vec<oneshot::Sender<bool>>, LocalStorage>,
}

/// The session of this tab.
pub fn use_session() -> Session {
    expect_context()
}

impl Session {
    /// Makes the session of this tab and begins to restore it from the refresh cookie.
    pub fn start() -> Self {
        let session = Self {
            access: RwSignal::new(Access::Restoring),
            expired: RwSignal::new(false),
            token: StoredValue::new(None),
            renewal: StoredValue::new_local(None),
            waiting: StoredValue::new_local(Vec::new()),
        };
        session.restore();
        session
    }

    /// Tries the refresh cookie.
    pub fn restore(self) {
        self.access.set(Access::Restoring);
        spawn_local(async move {
            match self.refreshed().await {
                Ok(auth) => self.accept(auth),
                Err(error) if is_signed_out(&error) => self.access.set(Access::SignedOut),
                Err(error) => self.access.set(Access::Unreachable(error)),
            }
        });
    }

    /// Whether the pages behind the sign-in can be shown. Reactive.
    pub fn access(self) -> Access {
        self.access.get()
    }

    /// Who is signed in. Reactive.
    pub fn identity(self) -> Option<Identity> {
        match self.access.get() {
            Access::SignedIn(identity) => Some(identity),
            _ => None,
        }
    }

    /// Whether the person is being asked to sign in again. Reactive.
    pub fn is_expired(self) -> bool {
        self.expired.get()
    }

    /// Whether the person has signed out.
    pub fn is_signed_out(self) -> bool {
        matches!(self.access.get_untracked(), Access::SignedOut)
    }

    /// The access token as it is, for what is no call. It may have expired.
    pub fn token(self) -> Option<String> {
        self.token.get_value()
    }

    /// The current workspace. Reactive.
    pub fn workspace_id(self) -> Option<Uuid> {
        self.identity().map(|identity| identity.workspace.id)
    }

    /// Signs in.
    pub async fn sign_in(self, request: &LoginRequest) -> Result<(), ClientError> {
        self.accept(client::auth::login(request).send(None).await?);
        Ok(())
    }

    /// Signs in with what this browser proved.
    pub async fn finish_sign_in(self) -> Result<(), ClientError> {
        self.accept(client::identities::sign_in().send(None).await?);
        Ok(())
    }

    /// Makes an account for what this browser proved, and signs it in.
    pub async fn sign_up_with_identity(self, request: &IdentitySignupRequest) -> Result<(), ClientError> {
        let auth = client::identities::signup(request).send(None).await?;
        if request.invitation.is_some() {
            tab::forget_invitation();
        }
        self.accept(auth);
        Ok(())
    }

    /// Goes on with the session that the same person began in another tab meanwhile.
    pub async fn go_on(self) -> Result<(), ClientError> {
        let auth = self.refreshed().await?;
        if !self.belongs_here(&auth) {
            return Err(ClientError::Unexpected { status: 401 });
        }
        self.accept(auth);
        Ok(())
    }

    /// Signs the same person in again and lets the calls that wait for it go on.
    pub async fn sign_in_again(self, password: String) -> Result<(), ClientError> {
        let Access::SignedIn(identity) = self.access.get_untracked() else {
            return Ok(());
        };
        let request = LoginRequest {
            email: identity.user.email,
            password,
        };
        let auth = client::auth::login(&request).send(None).await?;
        self.accept(self.in_this_tabs_workspace(auth).await?);
        Ok(())
    }

    /// The second step of either.
    pub async fn answer(self, request: &MfaRequest) -> Result<(), ClientError> {
        let auth = client::auth::mfa(request).send(None).await?;
        self.accept(self.in_this_tabs_workspace(auth).await?);
        Ok(())
    }

    /// Whether the person may do here what asks for a role. What they may not do is not offered; the server refuses it
    /// in any case.
    pub fn may(self, needed: Role) -> bool {
        match self.access.get_untracked() {
            Access::SignedIn(identity) => identity.role >= needed,
            _ => needed == Role::Viewer,
        }
    }

    /// Takes in what the person changed about themselves.
    pub fn set_user(self, user: User) {
        if let Access::SignedIn(identity) = self.access.get_untracked() {
            self.access.set(Access::SignedIn(Identity { user, ..identity }));
        }
    }

    /// Reads anew who is signed in, if somebody is.
    pub fn renew_user(self) {
        if !matches!(self.access.get_untracked(), Access::SignedIn(_)) {
            return;
        }
        spawn_local(async move {
            // What is not read now comes with the next token.
            if let Ok(me) = self.send(&client::auth::me()).await {
                self.set_user(me.user);
            }
        });
    }

    /// Makes an account and signs it in.
    pub async fn sign_up(self, request: &SignupRequest) -> Result<(), ClientError> {
        let auth = client::auth::signup(request).send(None).await?;
        if request.invitation.is_some() {
            tab::forget_invitation();
        }
        self.accept(auth);
        Ok(())
    }

    /// Accepts an invitation and continues where it leads.
    pub async fn accept_invitation(self, request: &PresentInvitationRequest) -> Result<(), ClientError> {
        let auth = self.send(&client::auth::accept_invitation(request)).await?;
        tab::forget_invitation();
        self.accept(auth);
        Ok(())
    }

    /// Shows the workspace by its new name.
    pub fn set_workspace(self, workspace: Workspace) {
        self.access.update(|access| {
            if let Access::SignedIn(identity) = access {
                identity.workspace = workspace;
            }
        });
    }

    /// Shows the organization by its new name.
    pub fn set_organization_name(self, name: String) {
        self.access.update(|access| {
            if let Access::SignedIn(identity) = access {
                identity.workspace.organization_name = name;
            }
        });
    }

    /// Continues in another workspace.
    pub async fn switch(self, workspace_id: Uuid) -> Result<(), ClientError> {
        let auth = self
            .send(&client::auth::context(&ContextRequest { workspace_id }))
            .await?;
        self.accept(auth);
        Ok(())
    }

    /// Ends the session on the server and here.
    pub async fn sign_out(self) -> Result<(), ClientError> {
        let token = self.token.get_value();
        match client::auth::logout().send(token.as_deref()).await {
            Ok(()) => {}
            Err(error) if is_signed_out(&error) => {}
            Err(error) => return Err(error),
        }
        self.forget();
        Ok(())
    }

    /// The session is over: nothing of it stays here.
    pub fn forget(self) {
        self.token.set_value(None);
        tab::forget_workspace();
        forget_prefix(crate::drafts::UNSAVED_PREFIX);
        self.expired.set(false);
        self.release(false);
        self.access.set(Access::SignedOut);
    }

    fn accept(self, auth: AuthResponse) {
        self.token.set_value(Some(auth.access_token));
        tab::remember_workspace(auth.workspace.id);
        let access = Access::SignedIn(Identity {
            user: auth.user,
            workspace: auth.workspace,
            role: auth.role,
        });
        if self.access.get_untracked() != access {
            self.access.set(access);
        }
        self.expired.set(false);
        self.release(true);
    }

    fn release(self, signed_in: bool) {
        for waiting in self.waiting.try_update_value(std::mem::take).unwrap_or_default() {
            // A receiver that is gone belongs to a page that was left.
            let _ = waiting.send(signed_in);
        }
    }

    /// Sends a call as the signed-in person. A token that has expired is renewed first; when that is not
    /// possible, the person is asked to sign in again and the call waits for them.
    pub async fn send<T: DeserializeOwned>(self, call: &Call<T>) -> Result<T, ClientError> {
        self.exchange(call.request()).await?.read()
    }

    /// As [`Session::send`], with an answer that is yet to be read.
    pub async fn exchange(self, request: &Request) -> Result<Answer, ClientError> {
        self.authorized(async |token| request.send(token.as_deref()).await)
            .await
    }

    /// As [`Session::send`], for an answer that is a stream.
    pub async fn open<T>(self, call: &Call<T>, abort: &AbortSignal) -> Result<Response, ClientError> {
        self.authorized(async |token| call.request().open(token.as_deref(), Some(abort)).await)
            .await
    }

    /// Runs an attempt with the access token, and once more with a new token if the first one had expired.
    pub async fn authorized<T>(
        self,
        attempt: impl AsyncFn(Option<String>) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let token = self.token.get_value();
        match attempt(token.clone()).await {
            Err(error) if error.code() == Some(ErrorCode::Unauthorized) => {}
            settled => return settled,
        }
        if self.token.get_value() == token {
            self.renew().await?;
        }
        attempt(self.token.get_value()).await
    }

    /// Sends a save while the page goes away. Nobody is left to read the answer.
    pub fn send_on_leave<T>(self, call: &Call<T>) {
        tab::send_on_leave(call, self.token.get_value());
    }

    async fn renew(self) -> Result<(), ClientError> {
        let under_way = self.renewal.get_value();
        let renewal = under_way.unwrap_or_else(|| {
            let renewal = async move {
                let result = self.renew_once().await;
                self.renewal.set_value(None);
                result
            };
            let renewal = renewal.boxed_local().shared();
            self.renewal.set_value(Some(renewal.clone()));
            renewal
        });
        renewal.await
    }

    async fn renew_once(self) -> Result<(), ClientError> {
        let refused = match self.refreshed().await {
            Ok(auth) if self.belongs_here(&auth) => {
                self.accept(auth);
                return Ok(());
            }
            // Another tab signed somebody else in: this page is still the first person's.
            Ok(_) => ClientError::Unexpected { status: 401 },
            Err(error) if is_signed_out(&error) => error,
            Err(error) => return Err(error),
        };
        let (sender, signed_in) = oneshot::channel();
        self.waiting.update_value(|waiting| waiting.push(sender));
        self.expired.set(true);
        if signed_in.await == Ok(true) {
            Ok(())
        } else {
            Err(refused)
        }
    }

    async fn refreshed(self) -> Result<AuthResponse, ClientError> {
        self.in_this_tabs_workspace(client::auth::refresh().send(None).await?)
            .await
    }

    /// The token for the workspace of this tab; another tab may have switched the cookie's to another one.
    async fn in_this_tabs_workspace(self, auth: AuthResponse) -> Result<AuthResponse, ClientError> {
        let Some(workspace_id) = tab::workspace().filter(|id| *id != auth.workspace.id) else {
            return Ok(auth);
        };
        let request = client::auth::context(&ContextRequest { workspace_id });
        match request.send(Some(&auth.access_token)).await {
            Ok(here) => Ok(here),
            Err(error) if error.is_transient() => Err(error),
            // The workspace is gone, or this person is not a member of it any more.
            Err(_) => Ok(auth),
        }
    }

    fn belongs_here(self, auth: &AuthResponse) -> bool {
        match self.access.get_untracked() {
            Access::SignedIn(identity) => identity.user.id == auth.user.id,
            _ => true,
        }
    }
}

fn is_signed_out(error: &ClientError) -> bool {
    matches!(
        error.code(),
        Some(ErrorCode::Unauthorized | ErrorCode::RefreshTokenReused)
    )
}
