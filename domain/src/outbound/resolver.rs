//! Names resolved to public addresses, or not at all.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// The system's resolver, minus every answer that leads inward.
#[derive(Debug)]
pub(super) struct PublicResolver;

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
        Box::pin(async move {
            // The port is the connector's business.
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| LookupError::Unknown)?;
            let public = only_public(found.collect())?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// A name of which one address is public and another is not is up to no good: it is refused as a whole.
fn only_public(addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, LookupError> {
    if addresses.is_empty() {
        return Err(LookupError::Unknown);
    }
    if addresses.iter().any(|address| !address::is_public(address.ip())) {
        return Err(LookupError::Inward);
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
            .collect()
    }

    #[tokio::test]
    async fn a_name_that_leads_to_loopback_is_refused() {
        let Err(error) = PublicResolver.resolve("localhost".parse().unwrap()).await else {
            panic!("localhost resolved");
        };
        assert!(
            matches!(error.downcast_ref(), Some(LookupError::Inward)),
            "{error}"
        );
    }

    #[test]
    fn public_answers_pass_unchanged() {
        let public = addresses(&["93.184.215.14", "2606:4700::1111"]);
        assert_eq!(only_public(public.clone()).unwrap(), public);
    }

    #[test]
    fn one_inward_answer_spoils_the_rest() {
        for inward in [
            "10.0.0.1",
            "::1",
            "fd00::1",
            "169.254.169.254",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            let mixed = addresses(&["93.184.215.14", inward]);
            assert!(matches!(only_public(mixed), Err(LookupError::Inward)), "{inward}");
        }
        assert!(matches!(only_public(Vec::new()), Err(LookupError::Unknown)));
    }
}
