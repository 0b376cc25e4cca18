//! Who may vouch for people here, as the operator set it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use api_types::ErrorCode;
use moka::future::Cache;
use openidconnect::core::CoreProviderMetadata;
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::apple::SigningKey;
use crate::config::SignIn;
use crate::{Error, Result};

/// How long it is believed what an issuer says of itself, its keys among it.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// What Microsoft calls the accounts of more than one directory.
const GROUPS: [&str; 3] = ["common", "organizations", "consumers"];

/// All issuers, and what they say of themselves.
#[derive(Debug)]
pub struct Issuers {
    list: Vec<Issuer>,
    pub(super) discovered: Cache<String, Arc<CoreProviderMetadata>>,
}

/// One issuer.
#[derive(Debug)]
pub(super) struct Issuer {
    pub id: String,
    pub label: String,
    pub client_id: String,
    pub protocol: Protocol,
}

/// How an issuer is spoken with.
#[derive(Debug)]
pub(super) enum Protocol {
    /// OpenID Connect. Its address is exactly as in its tokens.
    OpenId {
        url: String,
        secret: Option<SecretString>,
    },
    /// The same, with an issuer in the tokens that depends on whose account it is.
    Microsoft {
        url: String,
        tenant: String,
        secret: SecretString,
    },
    /// The same, with a secret that is signed anew each time, and an answer that comes as a form.
    Apple { url: String, key: SigningKey },
    /// OAuth 2.0, and an API that says who it is.
    GitHub {
        url: String,
        api_url: String,
        secret: SecretString,
    },
}

impl Issuers {
    /// Reads the settings.
    pub fn new(settings: &SignIn) -> anyhow::Result<Self> {
        let mut list = known(settings)?;
        for (id, issuer) in &settings.issuers {
            let is_name = !id.is_empty() && id.len() <= 30 && id.bytes().all(is_of_a_name);
            if !is_name || list.iter().any(|known| known.id == *id) {
                bail!(
                    "sign_in.issuers.{id}: choose another name, of up to 30 letters a-z, digits and hyphens"
                );
            }
            if Url::parse(&issuer.url).is_err() {
                bail!(
                    "sign_in.issuers.{id}.url: \"{}\" is not an address like https://id.example.com",
                    issuer.url
                );
            }
            list.push(Issuer {
                id: id.clone(),
                label: issuer.label.clone(),
                client_id: issuer.client_id.clone(),
                protocol: Protocol::OpenId {
                    url: issuer.url.clone(),
                    secret: issuer.client_secret.clone(),
                },
            });
        }
        let discovered = Cache::builder().time_to_live(REMEMBERED).build();
        Ok(Self { list, discovered })
    }

    /// What the sign-in page offers.
    pub fn offered(&self) -> Vec<api_types::identities::Issuer> {
        let offered = self.list.iter().map(|issuer| api_types::identities::Issuer {
            id: issuer.id.clone(),
            label: issuer.label.clone(),
        });
        offered.collect()
    }

    pub(super) fn find(&self, id: &str) -> Result<&Issuer> {
        let found = self.list.iter().find(|issuer| issuer.id == id);
        found.ok_or_else(|| {
            Error::refused(
                ErrorCode::NotFound,
                "This way to sign in is not set up here. Choose another one.",
            )
        })
    }

    /// A kind of identity in words: the issuer's label, or the host of one that is not set up any more.
    pub(crate) fn way(&self, kind: &str) -> String {
        let known = self.list.iter().find(|issuer| issuer.is_called(kind));
        match known {
            Some(issuer) => issuer.label.clone(),
            None => {
                let url = Url::parse(kind).ok();
                url.and_then(|url| url.host_str().map(str::to_owned))
                    .unwrap_or_else(|| kind.to_owned())
            }
        }
    }
}

impl Issuer {
    /// Whether it calls itself so in its tokens.
    pub(super) fn is_called(&self, name: &str) -> bool {
        match &self.protocol {
            Protocol::OpenId { url, .. } | Protocol::Apple { url, .. } | Protocol::GitHub { url, .. } => {
                url == name
            }
            Protocol::Microsoft { url, tenant, .. } => is_directory(name, url, tenant),
        }
    }

    /// Whether its answer comes as a form, from a page of its own.
    pub(super) const fn posts(&self) -> bool {
        matches!(self.protocol, Protocol::Apple { .. })
    }
}

/// Whether `name` is a directory at Microsoft: `<url>/<id>/v2.0`, of the tenant if that is one.
fn is_directory(name: &str, url: &str, tenant: &str) -> bool {
    let id = name
        .strip_prefix(url)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_suffix("/v2.0"));
    let Some(id) = id.and_then(|id| Uuid::try_parse(id).ok()) else {
        return false;
    };
    Uuid::try_parse(tenant).map_or(true, |tenant| id == tenant)
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn known(settings: &SignIn) -> anyhow::Result<Vec<Issuer>> {
    let mut list = Vec::new();
    let mut add = |id: &str, label: &str, client_id: &str, protocol| {
        list.push(Issuer {
            id: id.to_owned(),
            label: label.to_owned(),
            client_id: client_id.to_owned(),
            protocol,
        });
    };
    if let Some(google) = &settings.google {
        let protocol = Protocol::OpenId {
            url: bare(&google.url),
            secret: Some(google.client_secret.clone()),
        };
        add("google", "Google", &google.client_id, protocol);
    }
    if let Some(microsoft) = &settings.microsoft {
        let tenant = microsoft.tenant.as_str();
        if Uuid::try_parse(tenant).is_err() && !GROUPS.contains(&tenant) {
            bail!(
                "sign_in.microsoft.tenant: \"{tenant}\" is neither the id of a directory nor one of {}",
                GROUPS.join(", ")
            );
        }
        let protocol = Protocol::Microsoft {
            url: bare(&microsoft.url),
            tenant: microsoft.tenant.clone(),
            secret: microsoft.client_secret.clone(),
        };
        add("microsoft", "Microsoft", &microsoft.client_id, protocol);
    }
    if let Some(github) = &settings.github {
        let protocol = Protocol::GitHub {
            url: bare(&github.url),
            api_url: bare(&github.api_url),
            secret: github.client_secret.clone(),
        };
        add("github", "GitHub", &github.client_id, protocol);
    }
    if let Some(apple) = &settings.apple {
        let protocol = Protocol::Apple {
            url: bare(&apple.url),
            key: SigningKey::new(apple)?,
        };
        add("apple", "Apple", &apple.client_id, protocol);
    }
    Ok(list)
}

/// Without a trailing slash, as the well-known ones call themselves.
fn bare(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use crate::config::{Microsoft, OpenIdIssuer};

    use super::*;

    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    #[test]
    fn a_directory_of_microsoft_is_known_by_its_whole_address() {
        let url = "https://login.microsoftonline.com";
        let other = "9188040d-6c67-4c5b-b112-36a304b66dad";
        assert!(is_directory(&format!("{url}/{TENANT}/v2.0"), url, "common"));
        assert!(is_directory(&format!("{url}/{TENANT}/v2.0"), url, TENANT));
        assert!(is_directory(
            &format!("{url}/{TENANT}/v2.0"),
            url,
            &TENANT.to_uppercase()
        ));
        assert!(!is_directory(&format!("{url}/{other}/v2.0"), url, TENANT));
        for wrong in [
            format!("{url}/common/v2.0"),
            format!("{url}/{TENANT}"),
            format!("{url}.evil.example/{TENANT}/v2.0"),
            format!("https://evil.example/{TENANT}/v2.0"),
            format!("{url}/{TENANT}/evil/v2.0"),
        ] {
            assert!(!is_directory(&wrong, url, "common"), "{wrong}");
        }
    }

    #[test]
    fn a_tenant_of_microsoft_is_an_id_or_a_group() {
        let with = |tenant: &str| {
            let microsoft = Microsoft {
                client_id: "botwright".to_owned(),
                client_secret: "secret".to_owned().into(),
                tenant: tenant.to_owned(),
                url: "https://login.microsoftonline.com".parse().unwrap(),
            };
            let settings = SignIn {
                microsoft: Some(microsoft),
                ..SignIn::default()
            };
            Issuers::new(&settings)
        };
        for right in [TENANT, "common", "organizations", "consumers"] {
            assert!(with(right).is_ok(), "{right}");
        }
        // By its name it could not be told from all others.
        for wrong in ["contoso.onmicrosoft.com", "", "Common"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_that_are_no_names_or_taken_are_refused_at_start() {
        let issuer = OpenIdIssuer {
            label: "Corp".to_owned(),
            url: "https://id.example.com/realms/corp".to_owned(),
            client_id: "botwright".to_owned(),
            client_secret: None,
        };
        let with = |name: &str, url: &str| {
            let mut settings = SignIn::default();
            let issuer = OpenIdIssuer {
                url: url.to_owned(),
                ..issuer.clone()
            };
            settings.issuers.insert(name.to_owned(), issuer);
            Issuers::new(&settings)
        };
        let issuers = with("corp", &issuer.url).unwrap();
        assert_eq!(issuers.offered()[0].label, "Corp");
        assert_eq!(issuers.way(&issuer.url), "Corp");
        assert_eq!(issuers.way("https://gone.example.com/x"), "gone.example.com");
        for (name, url) in [
            ("Corp", issuer.url.as_str()),
            ("a/b", &issuer.url),
            ("corp", "id"),
        ] {
            assert!(with(name, url).is_err(), "{name} {url}");
        }
    }
}
