//! What went wrong with a request, in words.

use std::error::Error as StdError;
use std::io;

use api_types::ErrorCode;
use url::Url;

use super::inward;
use super::resolver::LookupError;
use crate::Error;

/// Turns a failed request into a refusal: [`ErrorCode::UrlForbidden`] if the guard stopped it, else `code`.
pub(crate) fn refusal(error: &reqwest::Error, url: &Url, code: ErrorCode) -> Error {
    let host = url.host_str().unwrap_or_default();
    let detail = match find::<LookupError>(error) {
        Some(LookupError::Inward) => return inward(url),
        Some(LookupError::Unknown) => format!("There is no server named {host}."),
        None if error.is_timeout() => format!("{host} could not be reached in time."),
        None if error.is_connect() && is_tls(error) => {
            format!("{host} has no valid certificate, so the connection is not safe.")
        }
        None if is_refused(error) => format!("{host} does not accept connections."),
        None if error.is_connect() => format!("{host} could not be reached."),
        None if error.is_decode() => format!("{host} sent data that can't be unpacked."),
        None => format!("The connection to {host} broke off."),
    };
    Error::refused(code, detail)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| StdError::source(*cause))
}

fn find<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn is_refused(error: &reqwest::Error) -> bool {
    find::<io::Error>(error).is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// The TLS library is not ours to name, so its errors are known by what they say.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error)
        .map(ToString::to_string)
        .any(|text| text.contains("certificate") || text.contains("HandshakeFailure"))
}
