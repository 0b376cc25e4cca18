//! The words of mails. Each kind is a text file, its subject in the first line; the HTML is made of the same text.

/// The frame of the HTML.
const LAYOUT: &str = include_str!("templates/layout.html");

/// What a mail says.
#[derive(Debug, Clone, Copy)]
pub enum Template<'a> {
    /// "Is this address yours?", with the link that says yes.
    Confirm {
        /// The link.
        link: &'a str,
    },
    /// A link to choose a new password.
    Reset {
        /// The link.
        link: &'a str,
    },
    /// The password is another one.
    PasswordChanged {
        /// Where to ask for a new one.
        link: &'a str,
    },
    /// To a new address: "is it yours?".
    Change {
        /// The link.
        link: &'a str,
    },
    /// To the old address: there is a new one.
    EmailChanged {
        /// The new address.
        email: &'a str,
    },
    /// A second factor is asked for from now on.
    MfaOn {
        /// Where to ask for a new password.
        link: &'a str,
    },
    /// No second factor is asked for any more.
    MfaOff {
        /// Where to ask for a new password.
        link: &'a str,
    },
    /// The recovery codes were replaced.
    RecoveryCodes {
        /// Where to ask for a new password.
        link: &'a str,
    },
    /// A recovery code stood in for the app.
    RecoveryCodeUsed {
        /// How many codes are left.
        left: &'a str,
        /// Where to ask for a new password.
        link: &'a str,
    },
    /// A visitor waits for a person.
    VisitorWaits {
        /// The conversation.
        link: &'a str,
    },
    /// There is another way to sign in.
    IdentityAdded {
        /// The way in words.
        way: &'a str,
        /// Where to ask for a new password.
        link: &'a str,
    },
    /// A way to sign in is gone.
    IdentityRemoved {
        /// The way in words.
        way: &'a str,
        /// Where to ask for a new password.
        link: &'a str,
    },
}

impl Template<'_> {
    /// Subject and text. Values stand in it as they are, so none may be what a stranger chose.
    pub(super) fn write(self) -> (String, String) {
        let (text, values): (&str, &[(&str, &str)]) = match self {
            Self::Confirm { link } => (include_str!("templates/confirm.txt"), &[("link", link)]),
            Self::Reset { link } => (include_str!("templates/reset.txt"), &[("link", link)]),
            Self::PasswordChanged { link } => {
                (include_str!("templates/password_changed.txt"), &[("link", link)])
            }
            Self::Change { link } => (include_str!("templates/change.txt"), &[("link", link)]),
            Self::EmailChanged { email } => {
                (include_str!("templates/email_changed.txt"), &[("email", email)])
            }
            Self::MfaOn { link } => (include_str!("templates/mfa_on.txt"), &[("link", link)]),
            Self::MfaOff { link } => (include_str!("templates/mfa_off.txt"), &[("link", link)]),
            Self::RecoveryCodes { link } => (include_str!("templates/recovery_codes.txt"), &[("link", link)]),
            Self::RecoveryCodeUsed { left, link } => (
                include_str!("templates/recovery_code_used.txt"),
                &[("left", left), ("link", link)],
            ),
            Self::VisitorWaits { link } => (include_str!("templates/visitor_waits.txt"), &[("link", link)]),
            Self::IdentityAdded { way, link } => (
                include_str!("templates/identity_added.txt"),
                &[("way", way), ("link", link)],
            ),
            Self::IdentityRemoved { way, link } => (
                include_str!("templates/identity_removed.txt"),
                &[("way", way), ("link", link)],
            ),
        };
        let (subject, body) = text.split_once('\n').unwrap_or((text, ""));
        let mut body = body.trim_end().to_owned();
        for (name, value) in values {
            body = body.replace(&format!("{{{{{name}}}}}"), value);
        }
        (subject.to_owned(), body)
    }
}

/// The HTML of a mail.
pub(super) fn html(subject: &str, body: &str) -> String {
    LAYOUT
        .replace("{{subject}}", &escape(subject))
        .replace("{{paragraphs}}", &paragraphs(body))
}

/// The text of a mail as HTML: its paragraphs, of which those that are a link can be followed.
pub fn paragraphs(body: &str) -> String {
    body.split("\n\n").map(paragraph).collect()
}

fn paragraph(text: &str) -> String {
    let text = escape(text.trim());
    let is_link = ["https://", "http://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if is_link && !text.contains(char::is_whitespace) {
        return format!(
            "<p style=\"margin:0 0 16px\"><a href=\"{text}\" style=\"color:#4338ca;overflow-wrap:anywhere\">{text}</a></p>\n"
        );
    }
    format!(
        "<p style=\"margin:0 0 16px\">{}</p>\n",
        text.replace('\n', "<br>")
    )
}

/// Text as it stands in HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_every_template_is_filled() {
        let link = "https://bots.example.com/reset#abc";
        for template in [
            Template::Confirm { link },
            Template::Reset { link },
            Template::PasswordChanged { link },
            Template::Change { link },
            Template::EmailChanged {
                email: "ada@example.com",
            },
            Template::MfaOn { link },
            Template::MfaOff { link },
            Template::RecoveryCodes { link },
            Template::RecoveryCodeUsed { left: "9", link },
            Template::VisitorWaits { link },
            Template::IdentityAdded { way: "Google", link },
            Template::IdentityRemoved { way: "Google", link },
        ] {
            let (subject, body) = template.write();
            assert!(!subject.is_empty() && !body.is_empty(), "{template:?}");
            assert!(!body.contains("{{") && !subject.contains("{{"), "{body}");
            assert!(!html(&subject, &body).contains("{{"), "{body}");
        }
    }

    #[test]
    fn html_has_links_that_work_and_nothing_else_of_the_text() {
        let html = html(
            "A & B",
            "Now <script>alert(1)</script>\"\n\nhttps://example.com/verify#a-b_c\n\njavascript:alert(1)",
        );
        assert!(html.contains("<h1 style=\"margin:0 0 16px;font-size:20px\">A &amp; B</h1>"));
        assert!(html.contains("<a href=\"https://example.com/verify#a-b_c\""));
        assert!(html.contains("Now &lt;script&gt;alert(1)&lt;/script&gt;&quot;"));
        assert!(!html.contains("href=\"javascript"));
    }
}
