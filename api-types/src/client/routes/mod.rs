//! Every route, by its noun.

pub mod analytics;
pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod bot_drafts;
pub mod bots;
pub mod connections;
pub mod conversations;
pub mod data;
pub mod embedding;
pub mod gaps;
pub mod identities;
pub mod inbox;
pub mod kb;
pub mod kb_drafts;
pub mod kb_pairs;
pub mod kb_sources;
pub mod leads;
pub mod members;
pub mod organization;
pub mod providers;
pub mod test_sets;
pub mod usage;
pub mod webhooks;
pub mod workspaces;

use url::form_urlencoded;
use uuid::Uuid;

use super::{BASE, Call};
use crate::Page;

/// Joins the pairs that have a value to a query string.
fn query(pairs: &[(&str, Option<String>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        query
    } else {
        format!("?{query}")
    }
}

/// The query of a list that is searched, a page at a time.
fn found(words: &str, cursor: Option<String>) -> String {
    let words = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
    query(&[("q", words), ("cursor", cursor)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_what_has_a_value_and_is_encoded() {
        assert_eq!(conversations::list(None, None).url(), "/api/v1/conversations");
        let url = conversations::list(Some(Uuid::nil()), Some("a&b=c d".into())).url();
        assert_eq!(
            url,
            format!("/api/v1/conversations?bot_id={}&cursor=a%26b%3Dc+d", Uuid::nil())
        );
    }
}
