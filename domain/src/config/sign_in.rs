//! Other ways to sign in than the password.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// `[sign_in]` in `botwright.toml`; in the environment with two underscores between parts, such as
/// `BOTWRIGHT_SIGN_IN__GOOGLE__CLIENT_ID`. What is not set is not offered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    /// Google.
    pub google: Option<Google>,
    /// Microsoft.
    pub microsoft: Option<Microsoft>,
    /// GitHub, or an enterprise server of it.
    pub github: Option<GitHub>,
    /// Apple.
    pub apple: Option<Apple>,
    /// Any other issuer of OpenID Connect, by the name it has in paths.
    pub issuers: BTreeMap<String, OpenIdIssuer>,
    /// Wallets of Ethereum, Solana and Cosmos.
    pub wallets: bool,
}

/// Google's accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// What Google calls us.
    pub client_id: String,
    /// What we prove it with.
    pub client_secret: SecretString,
    /// Its address.
    #[serde(default = "google")]
    pub url: Url,
}

/// Accounts of companies, schools and persons at Microsoft.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microsoft {
    /// What Microsoft calls us: "Application (client) ID".
    pub client_id: String,
    /// What we prove it with.
    pub client_secret: SecretString,
    /// Whose accounts: the id of one directory, or `common`, `organizations` or `consumers`.
    #[serde(default = "common")]
    pub tenant: String,
    /// Its address; national clouds have others.
    #[serde(default = "microsoft")]
    pub url: Url,
}

/// GitHub's accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// What GitHub calls us.
    pub client_id: String,
    /// What we prove it with.
    pub client_secret: SecretString,
    /// Its address.
    #[serde(default = "github")]
    pub url: Url,
    /// Where its API is.
    #[serde(default = "github_api")]
    pub api_url: Url,
}

/// Apple's accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apple {
    /// The identifier of the "Services ID".
    pub client_id: String,
    /// Ten letters and digits.
    pub team_id: String,
    /// The id of the key.
    pub key_id: String,
    /// The key itself, as in the file `AuthKey_….p8`: what we prove with who we are.
    pub private_key: SecretString,
    /// Its address.
    #[serde(default = "apple")]
    pub url: Url,
}

/// An issuer of OpenID Connect, such as Keycloak, Authentik, Okta or Auth0.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdIssuer {
    /// What stands on the button.
    pub label: String,
    /// Its address, exactly as it calls itself; `/.well-known/openid-configuration` is below it.
    pub url: String,
    /// What it calls us.
    pub client_id: String,
    /// What we prove it with; none for a public client.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
}

fn common() -> String {
    "common".to_owned()
}

fn google() -> Url {
    fixed("https://accounts.google.com")
}

fn microsoft() -> Url {
    fixed("https://login.microsoftonline.com")
}

fn github() -> Url {
    fixed("https://github.com")
}

fn github_api() -> Url {
    fixed("https://api.github.com")
}

fn apple() -> Url {
    fixed("https://appleid.apple.com")
}

#[expect(clippy::expect_used, reason = "each of them is a URL")]
fn fixed(url: &str) -> Url {
    Url::parse(url).expect("a URL")
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn the_examples_of_the_guide_are_right() {
        let guide = include_str!("../../../docs/SIGN-IN.md");
        let examples: Vec<&str> = guide.split("```toml\n").skip(1).collect();
        assert_eq!(examples.len(), 6);
        let mut all = Figment::new();
        for example in examples {
            let text = example.split("```").next().unwrap();
            all = all.merge(Toml::string(text));
        }
        let settings: SignIn = all.extract_inner("sign_in").unwrap();
        assert!(settings.google.is_some() && settings.github.is_some() && settings.apple.is_some());
        assert_eq!(
            settings.microsoft.unwrap().url.as_str(),
            "https://login.microsoftonline.com/"
        );
        assert_eq!(settings.issuers["corp"].label, "Example Corp");
        assert!(settings.wallets);
    }

    #[test]
    fn what_is_misspelt_is_told() {
        for wrong in [
            "goggle = {}",
            "google = { client_id = \"a\" }",
            "wallets = \"maybe\"",
        ] {
            let settings = Figment::from(Toml::string(wrong)).extract::<SignIn>();
            assert!(settings.is_err(), "{wrong}");
        }
    }
}
