//! `Plural-Forms: nplurals=3; plural=…;`: which form goes with a number. The expression is C's.

use anyhow::{Context, Result, bail, ensure};

/// Numbers that are told apart; greater ones go by their last two digits.
const TABLE: u64 = 200;

/// How many forms there are, and a digit for each number up to 199 that says which.
pub fn table(header: &str) -> Result<(usize, String)> {
    let value = |name: &str| {
        let parts = header.split(';').filter_map(|part| part.split_once('='));
        parts
            .map(|(known, value)| (known.trim(), value.trim()))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
            .with_context(|| format!("`Plural-Forms` says no `{name}=`"))
    };
    let forms: u64 = value("nplurals")?.parse()?;
    let tokens = tokens(value("plural")?)?;
    let form = |n: u64| -> Result<u64> {
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
            n,
        };
        let form = parser.choice()?;
        ensure!(
            parser.at == tokens.len(),
            "`plural=` does not end where it should"
        );
        ensure!(form < forms && form < 10, "the form of {n} is {form}, of {forms}");
        Ok(form)
    };
    // What the table says of great numbers must be what the expression says.
    for n in (TABLE..2_000).chain([10_000, 999_999, 1_000_001, 1_000_011]) {
        ensure!(
            form(n)? == form(100 + n % 100)?,
            "the form of {n} is not that of its last two digits"
        );
    }
    let digits: Result<String> = (0..TABLE).map(|n| Ok(form(n)?.to_string())).collect();
    Ok((usize::try_from(forms)?, digits?))
}

fn tokens(text: &str) -> Result<Vec<&str>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let two = ["==", "!=", "<=", ">=", "&&", "||"]
            .iter()
            .any(|sign| rest.starts_with(sign));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length = if two { 2 } else { digits.max(1) };
        let (token, after) = rest
            .split_at_checked(length)
            .context("`plural=` holds other than ASCII")?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Levels of two-sided signs, the loosest first.
const SIGNS: [&[&str]; 6] = [
    &["||"],
    &["&&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
    n: u64,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(is_next);
        is_next
    }

    fn choice(&mut self) -> Result<u64> {
        let condition = self.level(0)?;
        if !self.takes("?") {
            return Ok(condition);
        }
        let yes = self.choice()?;
        ensure!(self.takes(":"), "`plural=` lacks a `:`");
        let no = self.choice()?;
        Ok(if condition == 0 { no } else { yes })
    }

    fn level(&mut self, level: usize) -> Result<u64> {
        let Some(signs) = SIGNS.get(level) else {
            return self.atom();
        };
        let mut left = self.level(level + 1)?;
        while let Some(sign) = self.tokens.get(self.at).filter(|token| signs.contains(token)) {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = apply(sign, left, right)?;
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<u64> {
        if self.takes("(") {
            let value = self.choice()?;
            ensure!(self.takes(")"), "`plural=` lacks a `)`");
            return Ok(value);
        }
        if self.takes("!") {
            return Ok(u64::from(self.atom()? == 0));
        }
        if self.takes("n") {
            return Ok(self.n);
        }
        let token = self.tokens.get(self.at).context("`plural=` ends too early")?;
        self.at += 1;
        token
            .parse()
            .with_context(|| format!("`plural=` holds `{token}`"))
    }
}

fn apply(sign: &str, left: u64, right: u64) -> Result<u64> {
    Ok(match sign {
        "||" => u64::from(left != 0 || right != 0),
        "&&" => u64::from(left != 0 && right != 0),
        "==" => u64::from(left == right),
        "!=" => u64::from(left != right),
        "<" => u64::from(left < right),
        ">" => u64::from(left > right),
        "<=" => u64::from(left <= right),
        ">=" => u64::from(left >= right),
        "+" => left.saturating_add(right),
        "-" => left.saturating_sub(right),
        "*" => left.saturating_mul(right),
        "/" => left.checked_div(right).context("`plural=` divides by nothing")?,
        "%" => left.checked_rem(right).context("`plural=` divides by nothing")?,
        _ => bail!("`plural=` holds `{sign}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::table;

    const RUSSIAN: &str = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);";

    #[test]
    fn expressions_are_read_as_c_does() {
        let (forms, digits) = table(RUSSIAN).unwrap();
        let of = |n: usize| digits.as_bytes()[n] - b'0';
        assert_eq!(forms, 3);
        assert_eq!(
            [0, 1, 2, 5, 11, 12, 21, 22, 111, 121].map(of),
            [2, 0, 1, 2, 2, 2, 0, 1, 2, 0]
        );
        let arabic = "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;";
        let (_, digits) = table(arabic).unwrap();
        assert_eq!(&digits[..12], "012333333334");
        assert_eq!(&table("nplurals=1; plural=0;").unwrap().1[..3], "000");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for header in [
            "",
            "nplurals=2; plural=n",
            "nplurals=2; plural=n==",
            "nplurals=2; plural=(n!=1",
            "nplurals=2; plural=n%0",
            "nplurals=2; plural=x",
            "nplurals=2; plural=n>1000",
        ] {
            assert!(table(header).is_err(), "{header}");
        }
    }
}
