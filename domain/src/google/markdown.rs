//! What Google makes of a document in Markdown, made readable.

/// Before these, a backslash matters at the start of a line only, where they would begin something.
const HARMLESS: [char; 10] = ['-', '+', '#', '=', '>', '.', ')', '!', '&', '_'];

/// Takes pictures out, which are exported as data, and anchors, bold type of whole headings and needless backslashes.
pub fn tidy(markdown: &str) -> String {
    let mut tidied = String::with_capacity(markdown.len().min(1 << 20));
    let mut in_code = false;
    for line in markdown.trim_start_matches('\u{feff}').lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        if in_code || is_fence {
            tidied.push_str(line);
        } else if is_data(line) {
            continue;
        } else {
            tidied.push_str(&unescaped(&heading(&without_pictures(line))));
        }
        tidied.push('\n');
    }
    tidied
}

/// `[image1]: <data:image/png;base64,…>`
fn is_data(line: &str) -> bool {
    let target = line.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    target.is_some_and(|(_, target)| target.trim_start().trim_start_matches('<').starts_with("data:"))
}

/// Leaves of `![words][image1]` and `![words](data:…)` the words.
fn without_pictures(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("![") {
        let picture = after.split_once(']').and_then(|(words, after)| {
            let after = match after.strip_prefix("[image") {
                Some(after) => after.split_once(']')?.1,
                None => after.strip_prefix("(data:")?.split_once(')')?.1,
            };
            Some((words, after))
        });
        kept.push_str(before);
        rest = match picture {
            Some((words, after)) => {
                kept.push_str(words);
                after
            }
            None => {
                kept.push_str("![");
                after
            }
        };
    }
    kept.push_str(rest);
    kept
}

/// `## **Care** {#care}` is `## Care`.
fn heading(line: &str) -> String {
    let marks = line.len() - line.trim_start_matches('#').len();
    let Some(words) = line[marks..]
        .strip_prefix(' ')
        .filter(|_| (1..=6).contains(&marks))
    else {
        return line.to_owned();
    };
    let words = words.trim();
    let words = match words.rsplit_once(" {#") {
        Some((words, anchor)) if anchor.ends_with('}') => words.trim_end(),
        _ => words,
    };
    let bold = words
        .strip_prefix("**")
        .and_then(|words| words.strip_suffix("**"));
    let words = bold.filter(|words| !words.contains("**")).unwrap_or(words);
    format!("{} {words}", &line[..marks])
}

fn unescaped(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let (mut chars, mut in_code, mut has_begun) = (line.chars().peekable(), false, false);
    while let Some(c) = chars.next() {
        in_code ^= c == '`';
        if c != '\\' || in_code {
            has_begun |= !(c.is_ascii_digit() || matches!(c, ' ' | '\t' | '>' | '*' | '-' | '+' | '.' | ')'));
            plain.push(c);
            continue;
        }
        let Some(escaped) = chars.next() else {
            plain.push(c);
            break;
        };
        let after = chars.peek().copied().unwrap_or(' ');
        let means_something = match escaped {
            '!' => after == '[',
            '&' => after.is_alphanumeric() || after == '#',
            '_' => !(after.is_alphanumeric() && plain.ends_with(char::is_alphanumeric)),
            _ => !HARMLESS.contains(&escaped),
        };
        if means_something || !has_begun {
            plain.push(c);
        }
        has_begun = true;
        plain.push(escaped);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_go_and_their_words_stay() {
        let exported = "\u{feff}Our shop ![the front][image1], since ![][image2]1998.\n\n\
            ![](data:image/png;base64,AAAA) ![kept](https://example.com/a.png)\n\n\
            [image1]: <data:image/png;base64,iVBORw0KGgo=>\n[image2]: data:image/jpeg;base64,AAAA\n\
            [terms]: https://example.com/terms\n";
        assert_eq!(
            tidy(exported),
            "Our shop the front, since 1998.\n\n ![kept](https://example.com/a.png)\n\n[terms]: https://example.com/terms\n"
        );
    }

    #[test]
    fn headings_are_plain() {
        for (exported, tidied) in [
            ("# **Handbook**", "# Handbook"),
            ("## **Care** {#care-of-kettles}", "## Care"),
            ("### **One** and **two**", "### **One** and **two**"),
            ("#hash", "#hash"),
            ("####### seven", "####### seven"),
            ("**Not a heading**", "**Not a heading**"),
        ] {
            assert_eq!(tidy(exported), format!("{tidied}\n"), "{exported}");
        }
    }

    #[test]
    fn backslashes_stay_where_they_mean_something() {
        for (exported, tidied) in [
            (
                "An e\\-mail costs 2\\.50 \\+ tax\\!",
                "An e-mail costs 2.50 + tax!",
            ),
            ("1\\. is no list", "1\\. is no list"),
            ("\\- is no list", "\\- is no list"),
            ("\\# is no heading", "\\# is no heading"),
            ("  - \\- deeper", "  - \\- deeper"),
            ("snake\\_case and \\_this\\_", "snake_case and \\_this\\_"),
            ("Salt \\& pepper, AT\\&amp;T", "Salt & pepper, AT\\&amp;T"),
            (
                "A \\*star\\* and \\[brackets\\] \\![x]",
                "A \\*star\\* and \\[brackets\\] \\![x]",
            ),
            ("Type `a\\-b` here\\-after", "Type `a\\-b` here-after"),
            ("| a\\-b | \\- |", "| a-b | - |"),
            ("ends with \\", "ends with \\"),
        ] {
            assert_eq!(tidy(exported), format!("{tidied}\n"), "{exported}");
        }
        let code = "```\na\\-b [image1]: <data:x>\n```\n";
        assert_eq!(tidy(code), code);
    }
}
