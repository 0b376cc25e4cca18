//! The way to a mail server.

use std::time::Duration;

use anyhow::{Context, bail};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};
use uuid::Uuid;

use super::template::html;
use crate::config::Config;

/// How long one command may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What became of a mail.
#[derive(Debug)]
pub(super) enum Sent {
    /// The server took it.
    Accepted,
    /// It will never take it.
    Refused(String),
    /// It may take it later.
    NotNow(String),
}

/// Sends mails through the operator's mail server.
#[derive(Debug, Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// The one of the settings, if there is one.
    pub fn of(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.smtp_url else {
            return Ok(None);
        };
        let from = config
            .mail_from
            .as_deref()
            .context("BOTWRIGHT_MAIL_FROM is missing: with BOTWRIGHT_SMTP_URL, say whom mails come from")?;
        Self::new(url, from).map(Some)
    }

    /// Whether the server answers, with the password if there is one.
    pub async fn ping(&self) -> anyhow::Result<()> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => bail!("the mail server does not answer"),
            Err(error) => bail!("{}", describe(&error)),
        }
    }

    /// With `smtp(s)://user:password@host:port` and the sender's address. Nothing is connected yet.
    ///
    /// `smtp` means STARTTLS, except to our own machine; `?tls=none` says that the network is trusted.
    fn new(url: &SecretString, from: &str) -> anyhow::Result<Self> {
        // The error of the URL itself would show the password.
        let mut url: Url =
            url.expose_secret().parse().ok().context(
                "BOTWRIGHT_SMTP_URL is not a URL such as smtp://user:password@mail.example.com:587",
            )?;
        if !["smtp", "smtps"].contains(&url.scheme()) {
            bail!("BOTWRIGHT_SMTP_URL must begin with smtp:// or smtps://");
        }
        let tls = url
            .query_pairs()
            .find(|(name, _)| name == "tls")
            .map(|(_, value)| value.into_owned());
        match tls.as_deref() {
            None if url.scheme() == "smtp" && !is_own_machine(&url) => url.set_query(Some("tls=required")),
            Some("none") => url.set_query(None),
            _ => {}
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .ok()
            .context("BOTWRIGHT_SMTP_URL can't be understood; `?tls=` is required, opportunistic or none")?
            .timeout(Some(TIMEOUT))
            .build();
        let from = from
            .parse()
            .context("BOTWRIGHT_MAIL_FROM must be an address such as Botwright <bots@example.com>")?;
        Ok(Self { transport, from })
    }

    /// Hands a mail to the server. It has the same `Message-ID` at each try, so that one that was taken twice is known as
    /// one.
    pub(super) async fn send(&self, id: Uuid, recipient: &str, subject: &str, body: &str) -> Sent {
        let message = match self.message(id, recipient, subject, body) {
            Ok(message) => message,
            Err(error) => return Sent::Refused(format!("{error:#}")),
        };
        match self.transport.send(message).await {
            Ok(_) => Sent::Accepted,
            Err(error) if is_final(&error) => Sent::Refused(describe(&error)),
            Err(error) => Sent::NotNow(describe(&error)),
        }
    }

    fn message(&self, id: Uuid, recipient: &str, subject: &str, body: &str) -> anyhow::Result<Message> {
        let to = Mailbox::new(
            None,
            recipient.parse().context("the address can't be written to")?,
        );
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(
                body.to_owned(),
                html(subject, body),
            ))?;
        Ok(message)
    }
}

fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        // Other schemes than http leave addresses as names.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether another try would be in vain. A password that is refused may be put right meanwhile (535, 530).
fn is_final(error: &SmtpError) -> bool {
    let code = error.status().map(u16::from);
    error.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538))
}

/// The error with what caused it, on one line.
fn describe(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text.chars()
        .take(500)
        .collect::<String>()
        .replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(url: &str) -> anyhow::Result<Mailer> {
        Mailer::new(&url.to_owned().into(), "Botwright <bots@example.com>")
    }

    #[test]
    fn bad_settings_are_refused_without_showing_the_password() {
        for url in [
            "",
            "mail.example.com",
            "http://a:sesame@b",
            "smtp://",
            "smtp://a:sesame@b:x",
        ] {
            let error = format!("{:#}", mailer(url).unwrap_err());
            assert!(error.contains("BOTWRIGHT_SMTP_URL"), "{error}");
            assert!(!error.contains("sesame"), "{error}");
        }
        assert!(Mailer::new(&"smtps://mail.example.com".to_owned().into(), "bots").is_err());
        for url in [
            "smtps://a:b@mail.example.com",
            "smtp://mail.example.com:587",
            "smtp://mail:25?tls=none",
            "smtp://localhost:1025",
        ] {
            mailer(url).unwrap();
        }
    }

    #[test]
    fn a_recipient_can_not_add_headers_or_others() {
        let mailer = mailer("smtp://localhost:1025").unwrap();
        for recipient in [
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com, b@example.com",
            "a",
            "",
        ] {
            assert!(
                mailer.message(Uuid::nil(), recipient, "Hi", "Text").is_err(),
                "{recipient}"
            );
        }
        mailer
            .message(Uuid::nil(), "ada@example.com", "Hi", "Text")
            .unwrap();
    }
}
