//! The rows of a file, as they were written.

use std::collections::HashMap;

use api_types::FieldError;
use api_types::drafts::TestTurn;
use api_types::test_sets::{Expectation, ExpectedPassage, MAX_CASES, SaveTestCaseRequest};
use csv::{ReaderBuilder, StringRecord, Trim};
use uuid::Uuid;

use super::{COLUMNS, history_text, unquoted};
use crate::test_sets::cases;

/// A row as it was read; the document is looked up later.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) case: SaveTestCaseRequest,
    /// Id or title.
    pub(super) document: String,
}

/// The rows of a file, and what is wrong with them.
pub(super) fn read(text: &str) -> (Vec<Row>, Vec<FieldError>) {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let columns: HashMap<String, usize> = match reader.headers() {
        Ok(headers) => headers.iter().map(column_name).zip(0..).collect(),
        Err(error) => return (Vec::new(), vec![FieldError::new("csv", error.to_string())]),
    };
    let mut errors = Vec::new();
    if !columns.contains_key("question") {
        let message = "The first line must name the columns; one of them is “question”.";
        return (Vec::new(), vec![FieldError::new("row 1", message)]);
    }
    for name in columns.keys().filter(|name| !name.is_empty()) {
        if !COLUMNS.contains(&name.as_str()) {
            let message = format!("Unknown column “{name}”. Known are: {}.", COLUMNS.join(", "));
            errors.push(FieldError::new("row 1", message));
        }
    }
    let mut rows = Vec::new();
    let mut seen = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(FieldError::new("csv", error.to_string()));
                break;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() > MAX_CASES {
            let message = "The file has more than 500 rows; a test set holds at most 500 cases.";
            errors.push(FieldError::new("csv", message));
            break;
        }
        match read_row(&record, &columns) {
            Ok(row) => {
                let key = (row.case.question.clone(), history_text(&row.case.history));
                if let Some(first) = seen.insert(key, row.line) {
                    let message = format!("The same question stands in row {first}.");
                    errors.push(FieldError::new(format!("row {}: question", row.line), message));
                }
                rows.push(row);
            }
            Err(found) => errors.extend(found),
        }
    }
    if rows.is_empty() && errors.is_empty() {
        errors.push(FieldError::new(
            "csv",
            "The file holds no rows below its first line.",
        ));
    }
    (rows, errors)
}

/// The separator that makes the most known columns of the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let known = |delimiter: &u8| {
        let names = first.split(char::from(*delimiter)).map(column_name);
        names.filter(|name| COLUMNS.contains(&name.as_str())).count()
    };
    // The first of equals is kept: `max_by_key` would take the last.
    b",;\t|".iter().rev().copied().max_by_key(known).unwrap_or(b',')
}

fn column_name(header: &str) -> String {
    let name = header.trim().trim_matches('"').trim().to_lowercase();
    name.replace([' ', '-'], "_")
}

fn read_row(record: &StringRecord, columns: &HashMap<String, usize>) -> Result<Row, Vec<FieldError>> {
    let line = record.position().map_or(0, csv::Position::line);
    let cell = |name: &str| {
        let value = columns.get(name).and_then(|i| record.get(*i)).unwrap_or_default();
        unquoted(value).trim().to_owned()
    };
    let error = |column: &str, message: &str| vec![FieldError::new(format!("row {line}: {column}"), message)];
    let unanswerable = match cell("unanswerable").to_lowercase().as_str() {
        "" | "0" | "false" | "no" | "n" => false,
        "1" | "true" | "yes" | "y" | "x" => true,
        _ => return Err(error("unanswerable", "Write yes or no.")),
    };
    let (answer, text, document) = (cell("expected_answer"), cell("expected_text"), cell("document"));
    if unanswerable && !(answer.is_empty() && text.is_empty() && document.is_empty()) {
        let message = "What can't be answered has no expected answer, text or document.";
        return Err(error("unanswerable", message));
    }
    let history: Vec<TestTurn> = match cell("history").as_str() {
        "" => Vec::new(),
        json => serde_json::from_str(json).map_err(|_| {
            error(
                "history",
                "This is not what an export wrote here; leave it empty.",
            )
        })?,
    };
    let passage = (!text.is_empty() || !document.is_empty()).then_some(ExpectedPassage {
        // Looked up later; anything for the check that one of the two is there.
        document_id: (!document.is_empty()).then_some(Uuid::nil()),
        text,
    });
    let expectation = if unanswerable {
        Expectation::Unanswerable
    } else {
        Expectation::Answered {
            passage,
            answer: (!answer.is_empty()).then_some(answer),
        }
    };
    let case = cases::tidy(SaveTestCaseRequest {
        question: cell("question"),
        history,
        expectation,
    });
    case.check().map_err(|errors| {
        let place = |e: FieldError| {
            let column = match e.field.as_str() {
                "expectation.passage.text" => "expected_text",
                "expectation.answer" => "expected_answer",
                "question" => "question",
                _ => "history",
            };
            FieldError::new(format!("row {line}: {column}"), e.message)
        };
        errors.into_iter().map(place).collect::<Vec<_>>()
    })?;
    Ok(Row { line, case, document })
}

#[cfg(test)]
mod tests {
    use super::super::quoted;
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let errors = read(text).1.into_iter();
        errors.map(|e| format!("{}: {}", e.field, e.message)).collect()
    }

    #[test]
    fn columns_come_in_any_order_case_and_separator() {
        for text in [
            "question,expected_answer,unanswerable\nHow long?,37 months,\nWho won?,,yes\n",
            "\u{feff}Unanswerable;Question;Expected Answer\r\n;How long?;37 months\r\nYES;Who won?;\r\n",
            "\"QUESTION\"\tunanswerable\texpected-answer\nHow long?\tno\t37 months\n\nWho won?\tx\n",
        ] {
            let (rows, errors) = read(text);
            assert_eq!(errors, [], "{text}");
            let read: Vec<_> = rows.into_iter().map(|row| row.case).collect();
            assert_eq!(read[0].question, "How long?", "{text}");
            assert_eq!(
                read[0].expectation,
                Expectation::Answered {
                    passage: None,
                    answer: Some("37 months".into())
                }
            );
            assert_eq!(read[1].question, "Who won?");
            assert_eq!(read[1].expectation, Expectation::Unanswerable);
        }
    }

    #[test]
    fn every_wrong_row_is_named() {
        let text = "question,expected_answer,unanswerable,history\n,x,,\nA?,x,yes,\nB?,,maybe,\n\"C\nD?\",,,[]\nE?,,,{\nE2?,,,\nE2?,,,\n";
        assert_eq!(
            errors(text),
            [
                "row 2: question: Please fill this in.",
                "row 3: unanswerable: What can't be answered has no expected answer, text or document.",
                "row 4: unanswerable: Write yes or no.",
                "row 7: history: This is not what an export wrote here; leave it empty.",
                "row 9: question: The same question stands in row 8.",
            ]
        );
        assert_eq!(
            errors("frage,antwort\na,b\n"),
            ["row 1: The first line must name the columns; one of them is “question”."]
        );
        assert_eq!(errors("question,foo\na,b\n").len(), 1);
        assert_eq!(
            errors("question\n"),
            ["csv: The file holds no rows below its first line."]
        );
        let many = format!("question\n{}", "a?\n".repeat(600));
        assert!(
            errors(&many)
                .iter()
                .any(|e| e.contains("500") || e.contains("same question"))
        );
    }

    #[test]
    fn a_cell_is_never_a_formula_and_comes_back_as_it_was() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx"] {
            let written = quoted(cell);
            assert!(written.starts_with('\''), "{cell}");
            assert_eq!(unquoted(&written), cell);
        }
        for cell in ["What's up?", "'tis", "", "a=b"] {
            assert_eq!(quoted(cell), cell);
            assert_eq!(unquoted(cell), cell);
        }
    }
}
