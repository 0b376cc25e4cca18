//! What the bubble says by itself.

use serde::{Deserialize, Serialize};

use crate::validate::Checker;

/// Most rules of a bot.
pub const MAX_RULES: usize = 5;

/// When a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "when", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProactiveTrigger {
    /// After some time on the page.
    Time {
        /// 0 to 600 seconds; 0 is at once.
        seconds: u16,
    },
    /// Once so much of the page was scrolled through.
    Scroll {
        /// 1 to 100 percent.
        percent: u8,
    },
    /// When the pointer leaves the page by its upper edge, as if to close it. Not on touch screens.
    Exit,
}

impl Default for ProactiveTrigger {
    fn default() -> Self {
        Self::Time { seconds: 15 }
    }
}

/// A message beside the bubble, shown once to each visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProactiveRule {
    /// What it says. 1 to 200 characters.
    pub message: String,
    /// When.
    pub trigger: ProactiveTrigger,
    /// On pages with this path, such as `/pricing` or `/docs/*`; on all when empty. Up to 200 characters.
    pub page: String,
}

/// Checks rules before they are deployed.
pub fn check(rules: &[ProactiveRule], check: &mut Checker) {
    check.require(
        rules.len() <= MAX_RULES,
        "content.proactive",
        "Use at most 5 messages.",
    );
    for (i, rule) in rules.iter().enumerate() {
        let path = format!("content.proactive[{i}]");
        check.length(&format!("{path}.message"), rule.message.trim(), 1, 200);
        check.require(
            rule.page.is_empty() || rule.page.starts_with('/') && rule.page.chars().count() <= 200,
            &format!("{path}.page"),
            "Use a path that begins with /, such as /pricing or /docs/*.",
        );
        let (field, fits, message) = match rule.trigger {
            ProactiveTrigger::Time { seconds } => ("seconds", seconds <= 600, "Use 0 to 600 seconds."),
            ProactiveTrigger::Scroll { percent } => {
                ("percent", (1..=100).contains(&percent), "Use 1 to 100 percent.")
            }
            ProactiveTrigger::Exit => continue,
        };
        check.require(fits, &format!("{path}.trigger.{field}"), message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_checked() {
        let rule = |message: &str, page: &str, trigger| ProactiveRule {
            message: message.into(),
            page: page.into(),
            trigger,
        };
        let rules = [
            rule("Hello", "/docs/*", ProactiveTrigger::Exit),
            rule(" ", "docs", ProactiveTrigger::Time { seconds: 601 }),
            rule("Hi", "", ProactiveTrigger::Scroll { percent: 0 }),
        ];
        let mut checker = Checker::default();
        check(&rules, &mut checker);
        let fields: Vec<_> = checker
            .finish()
            .unwrap_err()
            .into_iter()
            .map(|e| e.field)
            .collect();
        let expected = [
            "[1].message",
            "[1].page",
            "[1].trigger.seconds",
            "[2].trigger.percent",
        ];
        assert_eq!(fields, expected.map(|field| format!("content.proactive{field}")));
    }
}
