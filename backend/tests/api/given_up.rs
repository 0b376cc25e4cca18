//! Requests that are given up while they wait for Postgres.

use std::pin::pin;

use chrono::{DateTime, Utc};
use domain::Scope;
use domain::db::{Db, DbRole};

use crate::support::TestApp;

#[tokio::test]
async fn a_transaction_that_is_given_up_leaves_nothing_open() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let scope = Scope::worker(ada.workspace_id());
    // One connection: whoever comes next gets the same.
    let db = Db::connect(app.database.url.as_str(), DbRole::App, 1).unwrap();
    db.ping().await.unwrap();
    // Within a transaction time stands still.
    let now = async || -> DateTime<Utc> {
        let now = sqlx::query_scalar("select now()").fetch_one(db.pool());
        now.await.unwrap()
    };
    for polls in (0..240).map(|round| round % 60) {
        {
            let mut begun = pin!(db.tenant(&scope));
            for _ in 0..polls {
                if futures::poll!(begun.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_ne!(now().await, now().await, "given up after {polls} looks");
    }
}
