//! Pairs out of what spreadsheets write.

use std::collections::HashMap;

use api_types::FieldError;
use api_types::pairs::{MAX_PAIRS, Pair, row_error};
use api_types::validate::{Checker, MAX_FILE_BYTES};
use csv::{ReaderBuilder, StringRecord, Trim};

use crate::kb::parse::decode;
use crate::{Error, Result};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Errors that are listed.
const MAX_ERRORS: usize = 100;

/// The pairs of a file in whatever encoding; the error lists what is wrong with each row.
pub(in crate::kb) async fn read(bytes: Vec<u8>) -> Result<Vec<Pair>> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Error::field(
            "file",
            "The file is larger than 20 MB. Split it and import the parts.",
        ));
    }
    let rows = tokio::task::spawn_blocking(move || rows(&decode(&bytes)))
        .await
        .map_err(anyhow::Error::from)?;
    rows.map_err(|mut errors| {
        errors.truncate(MAX_ERRORS);
        Error::validation(errors)
    })
}

/// Where the two columns are.
struct Columns {
    question: usize,
    answer: usize,
    count: usize,
}

fn rows(text: &str) -> Result<Vec<Pair>, Vec<FieldError>> {
    let text = text.trim_start_matches('\u{feff}');
    // Excel's own way to name the delimiter, in a line of its own.
    let (first_row, text) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((_, rest)) => (2, rest),
        None => (1, text),
    };
    let Some((delimiter, columns)) = head(text) else {
        let message = "Name the columns in the first row; two of them are “question” and “answer”.";
        return Err(vec![FieldError::new(format!("row {first_row}"), message)]);
    };
    let (mut pairs, mut errors) = (Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    for (record, row) in records(text, delimiter).zip(first_row..).skip(1) {
        if record.iter().all(str::is_empty) {
            continue;
        }
        if pairs.len() == MAX_PAIRS {
            let message = "The file has more than 2,000 questions. Split it and make several sources of it.";
            errors.insert(0, FieldError::new("file", message));
            break;
        }
        match pair(&record, &columns, row) {
            Ok(pair) => {
                if let Some(first) = seen.insert(pair.key(), row) {
                    let message = format!("The same question stands in row {first}.");
                    errors.push(row_error(row, "question", message));
                }
                pairs.push(pair);
            }
            Err(found) => errors.extend(found),
        }
    }
    if pairs.is_empty() && errors.is_empty() {
        errors.push(FieldError::new(
            "file",
            "The file holds no questions below its first row.",
        ));
    }
    if errors.is_empty() { Ok(pairs) } else { Err(errors) }
}

fn records(text: &str, delimiter: u8) -> impl Iterator<Item = StringRecord> {
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    // What is read is text in memory, which gives no errors.
    reader.into_records().filter_map(std::result::Result::ok)
}

/// The delimiter that makes the two columns of the first row.
fn head(text: &str) -> Option<(u8, Columns)> {
    DELIMITERS.iter().find_map(|&delimiter| {
        let first = records(text, delimiter).next()?;
        let place = |name: &str| first.iter().position(|header| header.to_lowercase() == name);
        let columns = Columns {
            question: place("question")?,
            answer: place("answer")?,
            count: first.len(),
        };
        Some((delimiter, columns))
    })
}

fn pair(record: &StringRecord, columns: &Columns, row: usize) -> Result<Pair, Vec<FieldError>> {
    if record.iter().skip(columns.count).any(|cell| !cell.is_empty()) {
        let message =
            "This row has more cells than the first one. Put text that holds the separator in quotes.";
        return Err(vec![FieldError::new(format!("row {row}"), message)]);
    }
    let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
    let pair = Pair {
        question: cell(columns.question),
        answer: cell(columns.answer),
    };
    let mut check = Checker::default();
    pair.check(&mut check, &format!("row {row}: "));
    check.finish()?;
    Ok(pair.tidied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, String)> {
        let pairs = rows(text).unwrap().into_iter();
        pairs.map(|pair| (pair.question, pair.answer)).collect()
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = rows(text).unwrap_err().into_iter();
        errors
            .map(|error| format!("{}: {}", error.field, error.message))
            .collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(question, answer): &(&str, &str)| (question.to_owned(), answer.to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn columns_come_in_any_order_case_and_separator() {
        let expected = owned(&[("How long?", "37 months"), ("Who, then?", "Nobody; yet")]);
        for text in [
            "question,answer\nHow long?,37 months\n\"Who, then?\",Nobody; yet\n",
            "\u{feff}Id;ANSWER;Question\r\n1;37 months;How long?\r\n2;\"Nobody; yet\";Who, then?\r\n",
            "\"Question\"\t\"Answer\"\nHow long?\t37 months\n\t\nWho, then?\tNobody; yet\t\t\n",
            "sep=|\r\nquestion|answer\r\nHow long?|37 months\r\nWho, then?|Nobody; yet",
        ] {
            assert_eq!(read_all(text), expected, "{text}");
        }
    }

    #[test]
    fn fields_hold_quotes_and_line_breaks() {
        let text = "question,answer\n\"Say \"\"hi\"\"\nto whom?\",\"- one\n- two\"\n";
        assert_eq!(read_all(text), owned(&[("Say \"hi\" to whom?", "- one\n- two")]));
    }

    #[test]
    fn every_wrong_row_is_named_as_a_spreadsheet_counts_it() {
        let long = "x".repeat(501);
        let text = format!(
            "question,answer\n\"A\nB?\",\"1\n2\"\n,x\nC?,\n{long},x\nD?,a, b\na b?,again\n,\nE?,{}\n",
            "y".repeat(4_001)
        );
        assert_eq!(
            errors(&text),
            [
                "row 3: question: Please fill this in.",
                "row 4: answer: Please fill this in.",
                "row 5: question: Use at most 500 characters; this has 501.",
                "row 6: This row has more cells than the first one. Put text that holds the separator in quotes.",
                "row 7: question: The same question stands in row 2.",
                "row 9: answer: Use at most 4000 characters; this has 4001.",
            ]
        );
        let no_head = "row 1: Name the columns in the first row; two of them are “question” and “answer”.";
        assert_eq!(errors("frage,antwort\na,b\n"), [no_head]);
        assert_eq!(errors(""), [no_head]);
        let empty = ["file: The file holds no questions below its first row."];
        assert_eq!(errors("question,answer\n,\n"), empty);
    }

    #[test]
    fn two_thousand_are_the_most() {
        let lines = |n: usize| -> String {
            let lines = (0..n).map(|i| format!("{i}?,x\n"));
            std::iter::once("question,answer\n".to_owned())
                .chain(lines)
                .collect()
        };
        assert_eq!(read_all(&lines(MAX_PAIRS)).len(), MAX_PAIRS);
        assert!(errors(&lines(MAX_PAIRS + 1))[0].contains("2,000"));
    }

    #[tokio::test]
    async fn files_come_in_any_encoding() {
        let text = "question;answer\nOù ça?;Là-bas, près de la forêt – à côté\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let legacy = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), utf16, legacy] {
            let pairs = read(bytes).await.unwrap();
            assert_eq!(pairs[0].question, "Où ça?");
            assert_eq!(pairs[0].answer, "Là-bas, près de la forêt – à côté");
        }
    }
}
