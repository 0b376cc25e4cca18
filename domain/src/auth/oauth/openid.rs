//! OpenID Connect: the authorization code flow with PKCE, and an ID token of which everything is checked.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};

use super::http::Http;
use super::issuers::{Issuer, Protocol};
use super::{Attempt, away, discovery, redirect_url, refused};
use crate::auth::identities::Proof;
use crate::{Result, Services};

/// Signatures with a key of the issuer's own: never none, and never one that we could make, too.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The page of the issuer that the browser goes to.
pub(super) async fn authorize_url(
    services: &Services,
    issuer: &Issuer,
    state: String,
    nonce: String,
    challenge: PkceCodeChallenge,
) -> Result<String> {
    let metadata = discovery::metadata(services, issuer).await?;
    let client = client(services, issuer, &metadata)?;
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let mut request = client
        .authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge);
    if issuer.posts() {
        request = request
            .add_scope(Scope::new("name".to_owned()))
            .add_extra_param("response_mode", "form_post");
    } else {
        request = request.add_scope(Scope::new("profile".to_owned()));
    }
    Ok(request.url().0.into())
}

/// Exchanges the code, and reads who it is.
pub(super) async fn redeem(
    services: &Services,
    issuer: &Issuer,
    attempt: Attempt,
    code: String,
) -> Result<Proof> {
    let metadata = discovery::metadata(services, issuer).await?;
    let client = client(services, issuer, &metadata)?;
    let http = Http::new(&services.outbound);
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| away(issuer, &error.to_string()))?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
        .request_async(&http)
        .await
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => refused(issuer, &said.to_string()),
            RequestTokenError::Request(error) => away(issuer, &error.to_string()),
            other => away(issuer, &other.to_string()),
        })?;
    let nonce = Nonce::new(attempt.nonce);
    match claims(issuer, &client.id_token_verifier(), &tokens, &nonce) {
        Ok(claims) => Ok(proof(&claims)),
        Err(wrong) if is_of_new_key(&wrong) => {
            discovery::forget(services, issuer).await;
            let metadata = discovery::metadata(services, issuer).await?;
            let client = self::client(services, issuer, &metadata)?;
            let claims = claims(issuer, &client.id_token_verifier(), &tokens, &nonce);
            Ok(proof(&claims.map_err(|wrong| forged(issuer, &wrong))?))
        }
        Err(wrong) => Err(forged(issuer, &wrong)),
    }
}

fn client(services: &Services, issuer: &Issuer, metadata: &CoreProviderMetadata) -> Result<Client> {
    let id = ClientId::new(issuer.client_id.clone());
    let plain = |secret: &SecretString| ClientSecret::new(secret.expose_secret().to_owned());
    let secret = match &issuer.protocol {
        Protocol::OpenId { secret, .. } => secret.as_ref().map(plain),
        Protocol::Microsoft { secret, .. } | Protocol::GitHub { secret, .. } => Some(plain(secret)),
        Protocol::Apple { key, url } => Some(key.secret(&issuer.client_id, url)?),
    };
    let redirect = RedirectUrl::new(redirect_url(services, issuer)).map_err(anyhow::Error::from)?;
    let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
    Ok(client
        .set_redirect_uri(redirect)
        .set_auth_type(auth_type(metadata)))
}

/// How the secret is sent: in the head, as the standard has it, unless the issuer takes it in the body only.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let Some(methods) = metadata.token_endpoint_auth_methods_supported() else {
        return AuthType::BasicAuth;
    };
    let takes = |method| methods.contains(&method);
    if takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// Checks signature, algorithm, issuer, audience, expiry and nonce of the ID token.
fn claims(
    issuer: &Issuer,
    verifier: &CoreIdTokenVerifier<'_>,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let other = |what: &str| ClaimsVerificationError::Other(what.to_owned());
    let token = tokens.id_token().ok_or_else(|| other("there is no ID token"))?;
    // Whose account it is at Microsoft stands in the issuer, which is checked below instead.
    let is_fixed = !matches!(issuer.protocol, Protocol::Microsoft { .. });
    let verifier = verifier
        .clone()
        .set_allowed_algs(ALGORITHMS)
        .require_issuer_match(is_fixed);
    let claims = token.claims(&verifier, nonce)?;
    if !issuer.is_called(claims.issuer().as_str()) {
        return Err(ClaimsVerificationError::InvalidIssuer(
            claims.issuer().to_string(),
        ));
    }
    if claims
        .authorized_party()
        .is_some_and(|party| party.as_str() != issuer.client_id)
    {
        return Err(other("it was issued to another client"));
    }
    Ok(claims.clone())
}

fn is_of_new_key(wrong: &ClaimsVerificationError) -> bool {
    matches!(
        wrong,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)
    )
}

fn forged(issuer: &Issuer, wrong: &ClaimsVerificationError) -> crate::Error {
    tracing::warn!(issuer = issuer.id, error = ?wrong, "an ID token is not right");
    refused(issuer, "what it sent could not be verified")
}

fn proof(claims: &CoreIdTokenClaims) -> Proof {
    let email = claims.email().map(|email| email.to_string());
    let name = claims.name().and_then(|name| name.get(None));
    let name = name.map(|name| name.to_string());
    let label = email.clone().or_else(|| name.clone());
    Proof {
        kind: claims.issuer().to_string(),
        subject: claims.subject().to_string(),
        label: label.unwrap_or_else(|| claims.subject().to_string()),
        name,
        email,
        email_verified: claims.email_verified() == Some(true),
        is_strong: false,
    }
}
