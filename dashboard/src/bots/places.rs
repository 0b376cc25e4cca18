//! The pages of a bot, in sections: one list for its head, the builder and the palette.

use api_types::tenancy::Role;
use uuid::Uuid;

use crate::session::Session;

/// A section, or a page in one.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// What follows the address of the bot.
    pub path: &'static str,
    /// The English name, in `mark!`.
    pub name: &'static str,
    /// The role that it asks for.
    pub needs: Role,
    /// The pages in it.
    pub pages: &'static [Place],
}

const fn place(path: &'static str, name: &'static str, pages: &'static [Place]) -> Place {
    Place {
        path,
        name,
        needs: Role::Viewer,
        pages,
    }
}

/// Where a draft of the bot is begun or gone on with.
pub const BUILD: &str = "/build";

/// All sections, in their order.
pub const SECTIONS: [Place; 5] = [
    place("", mark!("Overview"), &[]),
    Place {
        path: BUILD,
        name: mark!("Build"),
        needs: Role::Editor,
        pages: &[],
    },
    place(
        "/test",
        mark!("Test"),
        &[
            place("/test", mark!("Playground"), &[]),
            place("/test/sets", mark!("Test sets"), &[]),
        ],
    ),
    place(
        "/deploy",
        mark!("Deploy"),
        &[
            place("/deploy", mark!("Widget"), &[]),
            place("/deploy/api", mark!("API"), &[]),
        ],
    ),
    place(
        "/monitor",
        mark!("Monitor"),
        &[
            place("/monitor/conversations", mark!("Conversations"), &[]),
            place("/monitor/gaps", mark!("Gaps"), &[]),
            place("/monitor/analytics", mark!("Analytics"), &[]),
        ],
    ),
];

/// The sections that a person is offered.
pub fn sections(session: Session) -> impl Iterator<Item = Place> {
    SECTIONS.into_iter().filter(move |place| session.may(place.needs))
}

impl Place {
    /// Its address for a bot: that of its first page.
    pub fn address(self, bot: Uuid) -> String {
        let path = self.pages.first().map_or(self.path, |page| page.path);
        format!("/bots/{bot}{path}")
    }

    /// Whether the page at `path` lies in it.
    pub fn holds(self, bot: Uuid, path: &str) -> bool {
        let own = format!("/bots/{bot}{}", self.path);
        // The overview is above all others, and holds none of them.
        path == own
            || !self.path.is_empty() && path.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_lies_in_one_section() {
        let bot = Uuid::from_u128(7);
        let holding = |path: &str| {
            let path = format!("/bots/{bot}{path}");
            let names = SECTIONS.into_iter().filter(|place| place.holds(bot, &path));
            names.map(|place| place.name).collect::<Vec<_>>()
        };
        assert_eq!(holding(""), ["Overview"]);
        assert_eq!(holding("/test/sets"), ["Test"]);
        assert_eq!(holding("/monitor/gaps"), ["Monitor"]);
        assert!(holding("/tests").is_empty());
    }
}
