//! Who may read the metrics: they say how much is going on, so they are not for everybody.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Headers by which a proxy tells that it passes a request on.
pub const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// What somebody who may not read them is told.
pub const REFUSAL: &str = "Metrics are for the operator: send BOTWRIGHT_METRICS_TOKEN as a bearer token, or, where none is set, ask \
                           from the server's own machine.";

/// Who asks for the metrics.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The bearer token that was sent.
    pub bearer: Option<&'a str>,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// Whether it has one of the headers [`PASSED_ON`].
    pub is_passed_on: bool,
}

/// Whoever has the token may; without one set, programs on this machine.
pub fn may_read(token: Option<&SecretString>, asker: Asker<'_>) -> bool {
    // An empty variable of the environment is none.
    match token.filter(|token| !token.expose_secret().is_empty()) {
        Some(token) => asker
            .bearer
            .is_some_and(|given| given.as_bytes().ct_eq(token.expose_secret().as_bytes()).into()),
        // What a proxy on this machine passes on comes from anywhere.
        None => !asker.is_passed_on && asker.address.is_some_and(|address| address.is_loopback()),
    }
}
