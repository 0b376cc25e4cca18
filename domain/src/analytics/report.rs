//! All figures of a period, beside those of the period before.

use std::collections::{BTreeMap, HashMap};

use api_types::analytics::{Analytics, AnalyticsQuery, Cost, DayFigures, ModelFigures, Totals};
use api_types::providers::ModelPrice;
use sqlx::types::Json;
use uuid::Uuid;

use super::dimensions::{Dimensions, Model};
use super::period::Wanted;
use super::questions;
use super::slots::{Counted, total};
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services};

/// Tokens that a price is for.
const PER: f64 = 1_000_000.0;

/// The figures of a workspace.
pub async fn report(services: &Services, scope: &Scope, query: &AnalyticsQuery) -> Result<Analytics> {
    let mut tx = services.db.tenant(scope).await?;
    let bots = bot_names(&mut tx, scope).await?;
    if query.bot_id.is_some_and(|id| !bots.contains_key(&id)) {
        return Err(Error::not_found("bot"));
    }
    let wanted = Wanted::new(&mut tx, query).await?;
    let counted = Counted::read(&mut tx, scope, &wanted).await?;
    let now = Dimensions::read(&mut tx, scope, &wanted, &wanted.period).await?;
    let before = Dimensions::read(&mut tx, scope, &wanted, &wanted.before).await?;
    let questions = questions::read(&mut tx, scope, &wanted).await?;
    let providers = Providers::read(&mut tx, scope).await?;
    let days = counted.days(&wanted.period);
    let days_before = counted.days(&wanted.before);
    Ok(Analytics {
        from: wanted.period.from,
        to: wanted.period.to,
        totals: totals(&days, &now, &providers),
        before: totals(&days_before, &before, &providers),
        bots: counted.bots(&wanted.period, &bots),
        channels: counted.channels(&wanted.period),
        days,
        days_before,
        questions,
        pages: now.pages,
        languages: now.languages,
        models: now.models.iter().map(|model| providers.figures(model)).collect(),
    })
}

fn totals(days: &[DayFigures], dimensions: &Dimensions, providers: &Providers) -> Totals {
    let figures = total(days);
    let mut costs = BTreeMap::<String, f64>::new();
    for cost in dimensions.models.iter().filter_map(|model| providers.cost(model)) {
        *costs.entry(cost.currency).or_default() += cost.amount;
    }
    let costs = costs
        .into_iter()
        .map(|(currency, amount)| Cost { currency, amount });
    Totals {
        figures,
        rates: figures.rates(),
        latency: dimensions.latency,
        costs: costs.collect(),
    }
}

async fn bot_names(tx: &mut TenantTx, scope: &Scope) -> Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        "select id, name from bots where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Names and prices of the workspace's providers, as they are now.
struct Providers(HashMap<Uuid, (String, Vec<ModelPrice>)>);

impl Providers {
    async fn read(tx: &mut TenantTx, scope: &Scope) -> Result<Self> {
        let rows = sqlx::query!(
            r#"select id, name, prices as "prices: Json<Vec<ModelPrice>>" from providers where workspace_id = $1"#,
            scope.workspace_id()
        )
        .fetch_all(&mut **tx)
        .await?;
        let providers = rows.into_iter().map(|row| (row.id, (row.name, row.prices.0)));
        Ok(Self(providers.collect()))
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody pays for so many tokens")]
    fn cost(&self, model: &Model) -> Option<Cost> {
        let (_, prices) = self.0.get(&model.provider_id?)?;
        let price = prices.iter().find(|price| price.model == model.model)?;
        let amount =
            model.prompt_tokens as f64 * price.prompt + model.completion_tokens as f64 * price.completion;
        Some(Cost {
            currency: price.currency.clone(),
            amount: amount / PER,
        })
    }

    fn figures(&self, model: &Model) -> ModelFigures {
        let provider = model.provider_id.and_then(|id| self.0.get(&id));
        ModelFigures {
            model: model.model.clone(),
            provider: provider.map(|(name, _)| name.clone()),
            turns: model.turns,
            prompt_tokens: model.prompt_tokens,
            completion_tokens: model.completion_tokens,
            cost: self.cost(model),
        }
    }
}
