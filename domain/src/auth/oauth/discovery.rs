//! What an issuer says of itself: its endpoints and keys (OpenID Connect Discovery 1.0).

use std::sync::Arc;

use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::http;
use openidconnect::{HttpRequest, IssuerUrl};

use super::away;
use super::http::Http;
use super::issuers::{Issuer, Protocol};
use crate::{Result, Services};

const PATH: &str = "/.well-known/openid-configuration";

/// Endpoints and keys of an issuer, asked for or remembered.
pub(super) async fn metadata(services: &Services, issuer: &Issuer) -> Result<Arc<CoreProviderMetadata>> {
    let remembered = &services.issuers.discovered;
    if let Some(found) = remembered.get(&issuer.id).await {
        return Ok(found);
    }
    let found = discover(services, issuer).await;
    let found = Arc::new(found.map_err(|error| away(issuer, &format!("{error:#}")))?);
    remembered.insert(issuer.id.clone(), found.clone()).await;
    Ok(found)
}

/// Has it asked anew the next time: a token is signed with a key that was not there.
pub(super) async fn forget(services: &Services, issuer: &Issuer) {
    services.issuers.discovered.invalidate(&issuer.id).await;
}

async fn discover(services: &Services, issuer: &Issuer) -> anyhow::Result<CoreProviderMetadata> {
    let request = get(&format!("{}{PATH}", address(issuer).trim_end_matches('/')))?;
    let http = Http::new(&services.outbound);
    let response = http.send(request).await?;
    anyhow::ensure!(
        response.status().is_success(),
        "{PATH} answers {}",
        response.status()
    );
    let found: CoreProviderMetadata = serde_json::from_slice(response.body())?;
    anyhow::ensure!(
        is_its_own(issuer, found.issuer()),
        "it calls itself {}, not {}",
        found.issuer().as_str(),
        address(issuer)
    );
    let keys = CoreJsonWebKeySet::fetch_async(found.jwks_uri(), &http).await?;
    Ok(found.set_jwks(keys))
}

/// Below which address it describes itself.
fn address(issuer: &Issuer) -> String {
    match &issuer.protocol {
        Protocol::OpenId { url, .. } | Protocol::Apple { url, .. } | Protocol::GitHub { url, .. } => {
            url.clone()
        }
        Protocol::Microsoft { url, tenant, .. } => format!("{url}/{tenant}/v2.0"),
    }
}

/// Whether it calls itself as it should. For accounts of all directories Microsoft names none.
fn is_its_own(issuer: &Issuer, name: &IssuerUrl) -> bool {
    let is_template = match &issuer.protocol {
        Protocol::Microsoft { url, .. } => name.as_str() == format!("{url}/{{tenantid}}/v2.0"),
        _ => false,
    };
    is_template || issuer.is_called(name.as_str())
}

fn get(url: &str) -> anyhow::Result<HttpRequest> {
    let request = http::Request::get(url).header(http::header::ACCEPT, "application/json");
    Ok(request.body(Vec::new())?)
}
