//! Dates in Excel files that lie too far ahead.
//!
//! A date there is a number of days in a cell whose style has a date's format. `undoc` finds its year by counting from
//! 1900, so that a single large number takes it hours; all of them together are bounded here before it reads them.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::ParseError;
use super::archive::{self, Archive};
use super::xml::{self, Node};

/// What all dates of a file may add up to: some hundred million years, counted in less than a second. A column of dates
/// that were typed as `20261121` stays far below.
const MOST_DAYS: f64 = 1e11;

/// Excel's own formats that are dates.
const DATE_FORMATS: [std::ops::RangeInclusive<u32>; 2] = [14..=22, 45..=47];

/// The cells' styles and what the numbers of each add up to.
#[derive(Default)]
struct Dates {
    /// The format of each style.
    styles: Vec<u32>,
    /// Formats of the file's own that are dates.
    own: Vec<u32>,
    sums: HashMap<usize, f64>,
}

impl Dates {
    fn style(&mut self, format: u32) {
        self.styles.push(format);
    }

    fn format(&mut self, format: u32, code: &str) {
        if is_date(code) {
            self.own.push(format);
        }
    }

    fn number(&mut self, style: usize, number: f64) {
        if number > 0.0 {
            *self.sums.entry(style).or_default() += number;
        }
    }

    fn check(&self) -> Result<(), ParseError> {
        let is_date = |style: usize| {
            let format = self.styles.get(style);
            format.is_some_and(|format| {
                DATE_FORMATS.iter().any(|range| range.contains(format)) || self.own.contains(format)
            })
        };
        let days = self.sums.iter().filter(|(style, _)| is_date(**style));
        if days.map(|(_, sum)| sum).sum::<f64>() > MOST_DAYS {
            return Err(ParseError::too_complex("its dates lie millions of years ahead"));
        }
        Ok(())
    }
}

/// Whether a format has a day or a year outside of brackets and quotes.
fn is_date(code: &str) -> bool {
    let (mut bracket, mut quote) = (false, false);
    code.chars().any(|c| {
        match c {
            '"' => quote = !quote,
            '[' if !quote => bracket = true,
            ']' if !quote => bracket = false,
            _ => {}
        }
        !bracket && !quote && matches!(c, 'd' | 'D' | 'y' | 'Y')
    })
}

/// Looks at an Excel file of 2007 or later. What can't be read is left to the parser.
pub(super) fn check_xlsx(bytes: &[u8], name: &str) -> Result<(), ParseError> {
    let mut dates = Dates::default();
    let mut parts = Archive::open(bytes, name)?;
    if let Ok(xml) = parts.text("xl/styles.xml") {
        read_styles(&xml, &mut dates);
    }
    for part in archive::names(bytes) {
        if part.starts_with("xl/worksheets/") && part.ends_with(".xml") {
            read_sheet(&parts.text(&part)?, &mut dates);
        }
    }
    dates.check()
}

fn read_styles(xml: &str, dates: &mut Dates) {
    let mut in_cells = false;
    let number = |value: Option<String>| value.and_then(|value| value.parse().ok()).unwrap_or_default();
    let each = |node: Node<'_>| {
        match node {
            Node::Start(start) => match start.name().as_ref() {
                "cellXfs" => in_cells = true,
                "xf" if in_cells => dates.style(number(xml::attribute(start, "numFmtId"))),
                "numFmt" => {
                    let code = xml::attribute(start, "formatCode").unwrap_or_default();
                    dates.format(number(xml::attribute(start, "numFmtId")), &code);
                }
                _ => {}
            },
            Node::End("cellXfs") => in_cells = false,
            _ => {}
        }
        Ok(())
    };
    // What comes before the damage counts; the parser says what is wrong.
    let _ = xml::walk(xml, "", each);
}

fn read_sheet(xml: &str, dates: &mut Dates) {
    let (mut style, mut in_value) = (None, false);
    let each = |node: Node<'_>| {
        match node {
            Node::Start(start) => match start.name().as_ref() {
                "c" => style = xml::attribute(start, "s").and_then(|style| style.parse().ok()),
                "v" => in_value = true,
                _ => {}
            },
            Node::End("v") => in_value = false,
            Node::Text(text) if in_value => {
                if let (Some(style), Ok(number)) = (style, text.trim().parse()) {
                    dates.number(style, number);
                }
            }
            _ => {}
        }
        Ok(())
    };
    let _ = xml::walk(xml, "", each);
}

/// Looks at an Excel file of before 2007, as [MS-XLS] and its forerunner lay it out.
pub(super) fn check_xls(bytes: &[u8]) -> Result<(), ParseError> {
    let mut dates = Dates::default();
    let mut rest = &workbook(bytes).unwrap_or_default()[..];
    while let Some(([kind_low, kind_high, low, high], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((record, next)) = after.split_at_checked(length) else {
            break;
        };
        // A record that is too short is not one.
        let _ = read_record(u16::from_le_bytes([*kind_low, *kind_high]), record, &mut dates);
        rest = next;
    }
    dates.check()
}

fn workbook(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).ok()?;
    let path = ["/Workbook", "/Book"]
        .into_iter()
        .find(|path| file.exists(path))?;
    let mut stream = Vec::new();
    file.open_stream(path).ok()?.read_to_end(&mut stream).ok()?;
    Some(stream)
}

fn read_record(kind: u16, record: &[u8], dates: &mut Dates) -> Option<()> {
    let short = |at: usize| Some(u16::from_le_bytes(*record.get(at..)?.first_chunk()?));
    match kind {
        // XF, FORMAT.
        0x00E0 => dates.style(u32::from(short(2)?)),
        0x041E => {
            // Letters of one byte or two: what is not a letter of ASCII does not matter.
            let code: String = record.get(2..)?.iter().map(|byte| char::from(*byte)).collect();
            dates.format(u32::from(short(0)?), &code);
        }
        // NUMBER, FORMULA.
        0x0203 | 0x0006 => {
            let number = f64::from_le_bytes(*record.get(6..)?.first_chunk()?);
            dates.number(usize::from(short(4)?), number);
        }
        // RK, and MULRK: several in a row.
        0x027E | 0x00BD => {
            let (cells, _) = record.get(4..)?.as_chunks::<6>();
            for [low, high, number @ ..] in cells {
                let style = usize::from(u16::from_le_bytes([*low, *high]));
                dates.number(style, packed(u32::from_le_bytes(*number)));
            }
        }
        _ => {}
    }
    Some(())
}

/// A number of 30 bits: whole, or the upper bits of a floating-point one; divided by 100 or not.
fn packed(bits: u32) -> f64 {
    let number = match bits & 2 {
        0 => f64::from_bits(u64::from(bits & !3) << 32),
        _ => f64::from(bits.cast_signed() >> 2),
    };
    if bits & 1 == 0 { number } else { number / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two styles: 0 is a number, 1 a date.
    fn with_styles() -> Dates {
        let mut dates = Dates::default();
        let styles = r#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[Red]0"/></numFmts>
            <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
            <cellXfs><xf numFmtId="170"/><xf numFmtId="14"><alignment/></xf></cellXfs></styleSheet>"#;
        read_styles(styles, &mut dates);
        dates
    }

    fn sheet(cells: &str) -> Result<(), ParseError> {
        let mut dates = with_styles();
        let xml = format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>");
        read_sheet(&xml, &mut dates);
        dates.check()
    }

    #[test]
    fn dates_beyond_all_time_are_refused_and_large_numbers_are_not() {
        assert_eq!(
            sheet(r#"<c s="0"><v>1e18</v></c><c><v>1e18</v></c><c s="7"><v>1e18</v></c>"#),
            Ok(())
        );
        assert_eq!(sheet(&r#"<c s="1"><v>20261121</v></c>"#.repeat(1000)), Ok(()));
        for number in ["1e18", "inf", "100000000001.5"] {
            let refused = sheet(&format!(r#"<c r="A1" s="1"><v>{number}</v></c>"#));
            assert!(
                matches!(refused, Err(ParseError::TooComplex(_))),
                "{number}: {refused:?}"
            );
        }
        let many = sheet(&r#"<c s="1"><v>1e10</v></c>"#.repeat(20));
        assert!(matches!(many, Err(ParseError::TooComplex(_))));
    }

    #[test]
    fn records_of_old_files_count_alike() {
        let number = |style: u8| [&[0, 0, 0, 0, style, 0][..], &1e18_f64.to_le_bytes()].concat();
        // The upper half of 1e18, without its last two bits.
        let upper = ((1e18_f64.to_bits() >> 32) as u32 & !3).to_le_bytes();
        let packed = |style: u8| [&[0, 0, 0, 0, style, 0][..], &upper].concat();
        for (kind, cell) in [
            (0x0203, number(1)),
            (0x0006, number(1)),
            (0x027E, packed(1)),
            (0x00BD, [packed(0), packed(1)[4..].to_vec(), vec![1, 0]].concat()),
        ] {
            let mut dates = with_styles();
            read_record(kind, &cell, &mut dates);
            assert!(dates.check().is_err(), "{kind:#x}");
        }
        let mut dates = Dates::default();
        read_record(0x00E0, &[0, 0, 164, 0], &mut dates);
        read_record(0x0203, &number(0), &mut dates);
        assert_eq!(dates.check(), Ok(()));
        read_record(0x041E, b"\xa4\0\x0a\0\0yyyy-mm-dd", &mut dates);
        assert!(dates.check().is_err());
    }

    #[test]
    fn days_and_years_outside_of_brackets_and_quotes_make_a_date() {
        for code in ["yyyy-mm-dd", "[$-409]d mmm", "\"on\" D"] {
            assert!(is_date(code), "{code}");
        }
        for code in ["[Red]#,##0", "0 \"days\"", "General", "h:mm"] {
            assert!(!is_date(code), "{code}");
        }
    }
}
