//! Which address a request comes from, and which it counts for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, Request};
use ipnet::IpNet;
use tower_governor::GovernorError;
use tower_governor::key_extractor::KeyExtractor;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The part of an IPv6 address that names a subscriber's network; within it one can take any address.
const NETWORK: u128 = u128::MAX << 64;

/// The visitor's address, told by trusted proxies where there are any; its network is the key of the rate limits.
#[derive(Debug, Clone)]
pub struct ClientAddress {
    trusted: Arc<[IpNet]>,
}

impl ClientAddress {
    /// With the proxies whose `X-Forwarded-For` is believed.
    pub fn new(trusted_proxies: &[IpNet]) -> Self {
        Self {
            trusted: trusted_proxies.into(),
        }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The client's address, whole.
    pub fn of<T>(&self, request: &Request<T>) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(self.visitor(peer.0.ip(), request.headers()))
    }

    /// The visitor's address, as far as it can be told.
    pub(super) fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.is_trusted(peer) {
            return peer;
        }
        // From the right, as each proxy appends whom it heard from; what stands further left a visitor can make up. An
        // entry that names nobody ends the search too.
        headers
            .get_all(FORWARDED_FOR)
            .iter()
            .rev()
            .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','))
            .map(address)
            .find(|entry| entry.is_none_or(|address| !self.is_trusted(address)))
            .flatten()
            .unwrap_or(peer)
    }
}

impl KeyExtractor for ClientAddress {
    type Key = IpAddr;

    fn extract<T>(&self, request: &Request<T>) -> Result<IpAddr, GovernorError> {
        self.of(request)
            .map(network)
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

/// An entry of `X-Forwarded-For`; some proxies write the port too.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let address = entry
        .parse::<IpAddr>()
        .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The address without what a visitor can choose freely.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The key of a request from this peer with these `X-Forwarded-For` headers, where 10/8 and fd00::/8 are trusted.
    fn key(peer: &str, forwarded: &[&str]) -> IpAddr {
        let trusted: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let peer = SocketAddr::new(ip(peer), 4711);
        let mut request = Request::builder().extension(ConnectInfo(peer));
        for value in forwarded {
            request = request.header(FORWARDED_FOR, *value);
        }
        let request = request.body(()).unwrap();
        ClientAddress::new(&trusted).extract(&request).unwrap()
    }

    #[test]
    fn a_peer_that_is_no_trusted_proxy_counts_itself() {
        assert_eq!(key("203.0.113.7", &[]), ip("203.0.113.7"));
        assert_eq!(key("203.0.113.7", &["198.51.100.1"]), ip("203.0.113.7"));
        assert_eq!(key("203.0.113.7", &["198.51.100.1, 10.0.0.1"]), ip("203.0.113.7"));
    }

    #[test]
    fn behind_trusted_proxies_the_last_untrusted_entry_counts() {
        let visitor = ip("198.51.100.1");
        assert_eq!(key("10.0.0.1", &["198.51.100.1"]), visitor);
        assert_eq!(key("10.0.0.1", &["192.0.2.9, 198.51.100.1,10.0.0.2"]), visitor);
        assert_eq!(
            key("10.0.0.1", &["192.0.2.9", "198.51.100.1", "fd00::2"]),
            visitor
        );
        assert_eq!(key("fd00::1", &["198.51.100.1:4711"]), visitor);
        assert_eq!(key("10.0.0.1", &["[2001:db8::1]:4711"]), ip("2001:db8::"));
    }

    #[test]
    fn a_proxy_that_names_nobody_counts_itself() {
        let nobody: [&[&str]; 4] = [&[], &[""], &["10.0.0.2"], &["198.51.100.1, unknown"]];
        for forwarded in nobody {
            assert_eq!(key("10.0.0.1", forwarded), ip("10.0.0.1"), "{forwarded:?}");
        }
    }

    #[test]
    fn a_mapped_address_is_the_address_it_maps() {
        assert_eq!(key("::ffff:203.0.113.7", &[]), ip("203.0.113.7"));
        assert_eq!(
            key("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]),
            ip("198.51.100.1")
        );
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(key("2001:db8:1:2:3:4:5:6", &[]), ip("2001:db8:1:2::"));
        assert_eq!(key("2001:db8:1:2::9", &[]), ip("2001:db8:1:2::"));
        assert_ne!(key("2001:db8:1:3::9", &[]), ip("2001:db8:1:2::"));
    }

    #[test]
    fn a_request_without_a_peer_has_no_key() {
        let request = Request::builder().body(()).unwrap();
        assert!(ClientAddress::new(&[]).extract(&request).is_err());
    }

    #[test]
    fn the_whole_address_is_told_apart_from_what_it_counts_for() {
        let trusted: [IpNet; 1] = ["fd00::/8".parse().unwrap()];
        let peer = ConnectInfo(SocketAddr::new(ip("fd00::1"), 4711));
        let request = Request::builder().extension(peer);
        let request = request.header(FORWARDED_FOR, "2001:db8:1:2::9").body(()).unwrap();
        assert_eq!(
            ClientAddress::new(&trusted).of(&request),
            Some(ip("2001:db8:1:2::9"))
        );
    }
}
