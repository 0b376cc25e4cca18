//! Values in the places of their names.

use std::fmt::{Display, Write};

/// Puts values in the place of `{}` (the next one), `{0}` (by number) and `{name}`. `{{` and `}}` stand for braces. What
/// names no value stays as it is.
pub fn fill(template: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        if from.starts_with("{{") || from.starts_with("}}") {
            text.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let name = from.strip_prefix('{').and_then(|from| from.split_once('}'));
        let Some((name, after)) = name else {
            text.push_str(&from[..1]);
            rest = &from[1..];
            continue;
        };
        match find(name, values, &mut next) {
            // Writing to a string can't fail.
            Some(value) => drop(write!(text, "{value}")),
            None => text.push_str(&from[..name.len() + 2]),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn find<'a>(name: &str, values: &[(&str, &'a dyn Display)], next: &mut usize) -> Option<&'a dyn Display> {
    if name.is_empty() {
        *next += 1;
        return values.get(*next - 1).map(|(_, value)| *value);
    }
    match name.parse::<usize>() {
        Ok(number) => values.get(number),
        Err(_) => values.iter().find(|(known, _)| *known == name),
    }
    .map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_put_by_order_number_and_name() {
        let filled = |template| fill(template, &[("", &"a"), ("", &2), ("name", &"Ada")]);
        assert_eq!(filled("{} {} {name}"), "a 2 Ada");
        assert_eq!(filled("{1} {0} {name} {name}"), "2 a Ada Ada");
        assert_eq!(filled("{{}} {0}"), "{} a");
        assert_eq!(filled("{other} { }} {"), "{other} { }} {");
    }
}
