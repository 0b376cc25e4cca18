//! Names resolved to public addresses, or not at all.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// Asks for the addresses of a name.
type Lookup = dyn Fn(Name) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

/// A resolver, minus every answer that leads inward. What it answers is what is connected to: nobody asks again between
/// the check and the connection.
#[derive(Clone)]
pub(super) struct PublicResolver {
    lookup: Arc<Lookup>,
    is_public: fn(IpAddr) -> bool,
}

impl PublicResolver {
    /// The system's.
    pub(super) fn system() -> Self {
        Self::new(|name| {
            async move {
                // The port is the connector's business.
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.collect())
            }
            .boxed()
        })
    }

    fn new(
        lookup: impl Fn(Name) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            lookup: Arc::new(lookup),
            is_public: address::is_public,
        }
    }

    /// A name of which one address is public and another is not is up to no good: it is refused as a whole.
    fn only_public(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, LookupError> {
        if addresses.is_empty() {
            return Err(LookupError::Unknown);
        }
        if !addresses.iter().all(|address| (self.is_public)(address.ip())) {
            return Err(LookupError::Inward);
        }
        Ok(addresses)
    }
}

impl fmt::Debug for PublicResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicResolver")
    }
}

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// At least one of the name's addresses is not on the public internet.
    #[error("the name leads to an address that is not on the public internet")]
    Inward,
    /// The name has no address.
    #[error("the name has no address")]
    Unknown,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = (resolver.lookup)(name).await.map_err(|_| LookupError::Unknown)?;
            let public = resolver.only_public(found)?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
#[path = "rebinding.rs"]
mod tests;
