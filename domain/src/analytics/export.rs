//! Figures as a file for spreadsheets.

use api_types::analytics::{Analytics, AnalyticsQuery, AnalyticsTable, Figures, Share};

use super::report;
use crate::spreadsheet;
use crate::{Result, Scope, Services};

const FIGURES: [&str; 15] = [
    "sessions",
    "resolved",
    "deflected",
    "hand_offs",
    "leads",
    "messages",
    "answered",
    "gaps",
    "errors",
    "thumbs_up",
    "thumbs_down",
    "prompt_tokens",
    "completion_tokens",
    "cache_hits",
    "cache_misses",
];

/// One table of the report as CSV.
pub async fn export(
    services: &Services,
    scope: &Scope,
    query: &AnalyticsQuery,
    table: AnalyticsTable,
) -> Result<Vec<u8>> {
    let report = report(services, scope, query).await?;
    write(&rows(&report, table))
}

fn rows(report: &Analytics, table: AnalyticsTable) -> Vec<Vec<String>> {
    match table {
        AnalyticsTable::Days => {
            let days = report.days.iter();
            counted("day", days.map(|row| (row.day.to_string(), row.figures)))
        }
        AnalyticsTable::Bots => {
            let bots = report.bots.iter();
            counted("bot", bots.map(|row| (row.name.clone(), row.figures)))
        }
        AnalyticsTable::Channels => {
            let channels = report.channels.iter();
            counted("channel", channels.map(|row| (row.channel.clone(), row.figures)))
        }
        AnalyticsTable::Questions => {
            let head = ["question", "count", "gaps"].map(str::to_owned).into();
            let rows = report.questions.iter();
            let rows =
                rows.map(|row| vec![row.question.clone(), row.count.to_string(), row.gaps.to_string()]);
            std::iter::once(head).chain(rows).collect()
        }
        AnalyticsTable::Pages => shares("page", &report.pages),
        AnalyticsTable::Languages => shares("language", &report.languages),
        AnalyticsTable::Models => models(report),
    }
}

fn counted(name: &str, rows: impl Iterator<Item = (String, Figures)>) -> Vec<Vec<String>> {
    let head = std::iter::once(name).chain(FIGURES).map(str::to_owned).collect();
    let row = |(name, figures): (String, Figures)| {
        let numbers = [
            figures.sessions,
            figures.resolved,
            figures.deflected,
            figures.hand_offs,
            figures.leads,
            figures.messages(),
            figures.answered,
            figures.gaps,
            figures.errors,
            figures.ups,
            figures.downs,
            figures.prompt_tokens,
            figures.completion_tokens,
            figures.cache_hits,
            figures.cache_misses,
        ];
        std::iter::once(name)
            .chain(numbers.map(|number| number.to_string()))
            .collect()
    };
    std::iter::once(head).chain(rows.map(row)).collect()
}

fn shares(name: &str, rows: &[Share]) -> Vec<Vec<String>> {
    let head = [name, "questions", "gaps"].map(str::to_owned).into();
    let row = |row: &Share| vec![row.name.clone(), row.count.to_string(), row.gaps.to_string()];
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}

fn models(report: &Analytics) -> Vec<Vec<String>> {
    const HEAD: [&str; 7] = [
        "model",
        "provider",
        "questions",
        "prompt_tokens",
        "completion_tokens",
        "cost",
        "currency",
    ];
    let row = |row: &api_types::analytics::ModelFigures| {
        let cost = row.cost.as_ref();
        vec![
            row.model.clone(),
            row.provider.clone().unwrap_or_default(),
            row.turns.to_string(),
            row.prompt_tokens.to_string(),
            row.completion_tokens.to_string(),
            cost.map(|cost| format!("{:.6}", cost.amount)).unwrap_or_default(),
            cost.map(|cost| cost.currency.clone()).unwrap_or_default(),
        ]
    };
    let head = HEAD.map(str::to_owned).into();
    std::iter::once(head)
        .chain(report.models.iter().map(row))
        .collect()
}

/// Cells that a spreadsheet would run are made text.
fn write(rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| spreadsheet::quoted(cell));
        writer.write_record(cells).map_err(anyhow::Error::from)?;
    }
    Ok(writer
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{}", error.error()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_looks_like_a_formula_stays_text() {
        let shares = shares(
            "page",
            &[Share {
                name: "=HYPERLINK(\"x\")".into(),
                count: 2,
                gaps: 1,
            }],
        );
        let text = String::from_utf8(write(&shares).unwrap()).unwrap();
        assert_eq!(text, "page,questions,gaps\n\"'=HYPERLINK(\"\"x\"\")\",2,1\n");
    }
}
