//! TLS for a server of tests and benchmarks, with a certificate made on the spot.
//!
//! Include it with `#[path = "…/domain/tests/support/tls.rs"] mod tls;`.

use std::sync::Arc;

use rcgen::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A certificate for `127.0.0.1` that is its own authority.
pub struct Tls {
    /// For those who are to trust it.
    pub certificate: String,
    /// Speaks HTTP/2 to those who can, and nothing else.
    pub acceptor: TlsAcceptor,
}

impl Tls {
    pub fn new() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            certificate: cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }
}
