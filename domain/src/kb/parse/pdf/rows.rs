//! Pages of a single column, read from top to bottom. The parser looks for columns everywhere, and then takes the
//! cells of a table or the items of a list for some; on a page whose lines mostly run across all of it, there are none.

/// A piece of text and where it stands; the page's origin is at the bottom left.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) size: f32,
}

/// The part of the page's width that a line across all of it has at least.
const LONG: f32 = 0.6;

/// The text in rows, if the page has one column and the parser's order went up on it.
pub(super) fn reorder(spans: &[Span]) -> Option<String> {
    let goes_up = |pair: &[Span]| pair[1].y > pair[0].y + pair[0].size;
    if !spans.windows(2).any(goes_up) || !is_single_column(spans) {
        return None;
    }
    let mut spans: Vec<&Span> = spans.iter().collect();
    spans.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut text = String::new();
    let mut row: Vec<&Span> = Vec::new();
    for span in spans {
        if let Some(first) = row.first()
            && first.y - span.y > first.size.max(span.size) * 0.5
        {
            let gap = first.y - span.y;
            push_row(&mut text, &mut row);
            text.push_str(if gap > span.size * 1.7 { "\n\n" } else { "\n" });
        }
        row.push(span);
    }
    push_row(&mut text, &mut row);
    Some(text)
}

fn push_row(text: &mut String, row: &mut Vec<&Span>) {
    row.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut end: Option<f32> = None;
    for span in row.drain(..) {
        let apart = end.is_some_and(|end| span.x - end > span.size * 0.15);
        if apart && !text.ends_with(' ') && !span.text.starts_with(' ') {
            text.push(' ');
        }
        text.push_str(&span.text);
        end = Some(span.x + span.width);
    }
}

/// Whether half of the letters stand in lines that run across the page. Rows of text that runs from right to left
/// are left to the parser, which knows their order.
fn is_single_column(spans: &[Span]) -> bool {
    let rtl =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    if spans.iter().any(|span| span.text.contains(rtl)) {
        return false;
    }
    let left = spans.iter().map(|span| span.x).fold(f32::INFINITY, f32::min);
    let right = spans.iter().map(|span| span.x + span.width).fold(0.0, f32::max);
    let letters = |span: &Span| span.text.chars().filter(|c| c.is_alphanumeric()).count();
    let all: usize = spans.iter().map(letters).sum();
    let long = spans.iter().filter(|span| span.width > (right - left) * LONG);
    long.map(letters).sum::<usize>() * 2 >= all
}

#[cfg(test)]
mod tests {
    use super::{Span, reorder};

    fn span(text: &str, x: f32, y: f32) -> Span {
        let width = text.len() as f32 * 5.0;
        Span {
            text: text.to_owned(),
            x,
            y,
            width,
            size: 10.0,
        }
    }

    const ACROSS: &str = "a line that runs across all of the page from its left to its right";

    #[test]
    fn a_cell_taken_for_a_column_goes_where_it_stands() {
        let spans = [
            span(ACROSS, 50.0, 700.0),
            span("Price", 200.0, 650.0),
            span("• item", 60.0, 600.0),
            span("Ticket", 50.0, 650.0),
            span(ACROSS, 50.0, 688.0),
        ];
        assert_eq!(
            reorder(&spans),
            Some(format!("{ACROSS}\n{ACROSS}\n\nTicket Price\n\n• item"))
        );
    }

    #[test]
    fn columns_and_what_is_in_order_stay() {
        let columns = [
            span("left column above", 50.0, 700.0),
            span("left column below", 50.0, 688.0),
            span("right column above", 300.0, 700.0),
        ];
        assert_eq!(reorder(&columns), None);
        assert_eq!(
            reorder(&[span(ACROSS, 50.0, 700.0), span(ACROSS, 50.0, 688.0)]),
            None
        );
    }
}
