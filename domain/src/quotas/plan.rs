//! Plans, as the operator's settings have them.

use std::collections::BTreeMap;

use anyhow::bail;
use api_types::usage::Quota;
use serde::Deserialize;
use uuid::Uuid;

use crate::db::Db;

/// What a plan allows. What it does not say has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Bots that are deployed.
    pub bots: Option<u32>,
    /// Knowledge bases.
    pub knowledge_bases: Option<u32>,
    /// Documents in them.
    pub documents: Option<u32>,
    /// Pages taken from websites and connected services in a month.
    pub pages_per_month: Option<u32>,
    /// Messages of visitors in a month.
    pub messages_per_month: Option<u32>,
    /// People, guests included.
    pub members: Option<u32>,
    /// Bytes of documents.
    pub storage_bytes: Option<u64>,
}

impl Plan {
    /// How much of something there may be; `None` is without limit.
    pub fn limit(&self, quota: Quota) -> Option<i64> {
        match quota {
            Quota::Bots => self.bots.map(i64::from),
            Quota::KnowledgeBases => self.knowledge_bases.map(i64::from),
            Quota::Documents => self.documents.map(i64::from),
            Quota::Pages => self.pages_per_month.map(i64::from),
            Quota::Messages => self.messages_per_month.map(i64::from),
            Quota::Members => self.members.map(i64::from),
            Quota::Storage => self
                .storage_bytes
                .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        }
    }
}

/// All plans of this installation.
#[derive(Debug, Clone, Default)]
pub struct Plans {
    default: String,
    plans: BTreeMap<String, Plan>,
}

impl Plans {
    /// Those of the settings. The default one has no limits unless the settings give it some.
    pub fn new(default: &str, plans: &BTreeMap<String, Plan>) -> Self {
        Self {
            default: default.to_owned(),
            plans: plans.clone(),
        }
    }

    /// Whether no plan limits anything, so that nothing needs to be counted.
    pub fn are_unlimited(&self) -> bool {
        self.plans.values().all(|plan| *plan == Plan::default())
    }

    /// The plan of this name, with the name it goes by. An organization without one, or with one that the settings do not
    /// know any more, has the default one.
    pub fn named(&self, name: Option<&str>) -> (String, Plan) {
        let known = name.and_then(|name| self.plans.get_key_value(name));
        match known {
            Some((name, plan)) => (name.clone(), *plan),
            None => {
                let plan = self.plans.get(&self.default).copied().unwrap_or_default();
                (self.default.clone(), plan)
            }
        }
    }

    /// The names that an organization can be given.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.plans.keys().map(String::as_str).collect();
        if !names.contains(&self.default.as_str()) {
            names.insert(0, &self.default);
        }
        names
    }
}

/// Gives an organization, named by its id, a plan of the settings. Nothing that it has is taken away.
pub async fn set_plan(db: &Db, plans: &Plans, organization_id: Uuid, plan: &str) -> anyhow::Result<()> {
    if !plans.names().contains(&plan) {
        bail!(
            "there is no plan `{plan}` in the settings; there are: {}",
            plans.names().join(", ")
        );
    }
    let updated = sqlx::query!(
        "update organizations set plan = $2 where id = $1",
        organization_id,
        plan
    )
    .execute(db.pool())
    .await?;
    if updated.rows_affected() == 0 {
        bail!("there is no organization {organization_id}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn plans_are_read_from_settings_and_a_slip_is_told() {
        let read = |toml: &str| {
            let plans = Figment::from(Toml::string(toml)).extract::<BTreeMap<String, Plan>>();
            plans.map_err(|error| error.to_string())
        };
        let plans = read("[free]\nbots = 3\nstorage_bytes = 5_000_000_000\n[team]").unwrap();
        assert_eq!(plans["free"].limit(Quota::Bots), Some(3));
        assert_eq!(plans["free"].limit(Quota::Storage), Some(5_000_000_000));
        assert_eq!(plans["team"], Plan::default());
        assert!(read("[free]\nbot = 3").is_err());
        assert!(read("[free]\nbots = -1").is_err());
    }

    #[test]
    fn a_plan_that_is_not_known_is_the_default_one() {
        let free = Plan {
            bots: Some(1),
            ..Plan::default()
        };
        let plans = Plans::new("self-hosted", &BTreeMap::from([("free".to_owned(), free)]));
        assert_eq!(plans.named(None), ("self-hosted".to_owned(), Plan::default()));
        assert_eq!(plans.named(Some("gone")).0, "self-hosted");
        assert_eq!(plans.named(Some("free")), ("free".to_owned(), free));
        assert_eq!(plans.names(), ["self-hosted", "free"]);
        assert!(!plans.are_unlimited());
        assert!(Plans::new("free", &BTreeMap::new()).are_unlimited());
        let limited_default = Plans::new("free", &BTreeMap::from([("free".to_owned(), free)]));
        assert_eq!(limited_default.named(None).1.limit(Quota::Bots), Some(1));
    }
}
