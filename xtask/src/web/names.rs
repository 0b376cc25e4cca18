//! wasm-bindgen gives what a module imports long names that end in a hash, noise that no compression shrinks, and they stand
//! in the module and again in its glue: both get short ones.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

/// Where the sections of a module begin: after its magic number and version.
const HEADER: usize = 8;
const IMPORT_SECTION: u8 = 2;

/// Renames the imports of `module`, and what its `glue` calls them.
pub fn shorten(module: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut names = Names::default();
    let mut out = module.get(..HEADER).context("that is no module")?.to_vec();
    let mut reader = Reader {
        bytes: module,
        at: HEADER,
    };
    while reader.at < module.len() {
        let id = reader.byte()?;
        let body = reader.block()?;
        let body = if id == IMPORT_SECTION {
            names.imports(body)?
        } else {
            body.to_vec()
        };
        out.push(id);
        write_block(&mut out, &body);
    }
    Ok((out, names.replace_in(glue)?))
}

/// The new names by the old: those of modules, and those of what is imported from the glue itself.
#[derive(Default)]
struct Names {
    modules: BTreeMap<String, String>,
    functions: BTreeMap<String, String>,
}

impl Names {
    fn imports(&mut self, body: &[u8]) -> Result<Vec<u8>> {
        let mut reader = Reader { bytes: body, at: 0 };
        let count = reader.number()?;
        let mut out = Vec::new();
        write_number(&mut out, count);
        for _ in 0..count {
            let module = text(reader.block()?)?;
            let name = text(reader.block()?)?;
            let is_glue = module.ends_with("_bg.js");
            let new = if is_glue {
                short(&mut self.functions, name, "")
            } else {
                name.to_owned()
            };
            write_block(&mut out, short(&mut self.modules, module, "./").as_bytes());
            write_block(&mut out, new.as_bytes());
            let start = reader.at;
            reader.skip_description()?;
            out.extend(&body[start..reader.at]);
        }
        Ok(out)
    }

    fn replace_in(&self, glue: &str) -> Result<String> {
        let mut glue = glue.to_owned();
        for (old, new) in &self.functions {
            let (key, method) = (format!(" {old}: function("), format!(" {new}("));
            ensure!(glue.contains(&key), "the glue does not offer {old}");
            glue = glue.replace(&key, &method);
        }
        for (old, new) in &self.modules {
            glue = glue.replace(&format!("\"{old}\": import"), &format!("\"{new}\": import"));
        }
        Ok(glue)
    }
}

fn short(names: &mut BTreeMap<String, String>, name: &str, before: &str) -> String {
    let number = names.len();
    let new = || format!("{before}{}", letters(number));
    names.entry(name.to_owned()).or_insert_with(new).clone()
}

/// `a` to `z`, then `aa`, `ab` and so on.
fn letters(number: usize) -> String {
    let last = char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]);
    match number / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.at).context("the module ends early")?;
        self.at += 1;
        Ok(*byte)
    }

    /// A number in LEB128.
    fn number(&mut self) -> Result<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
            ensure!(shift < 35, "a number in the module is too long");
        }
    }

    /// Bytes with their count in front.
    fn block(&mut self) -> Result<&'a [u8]> {
        let length = self.number()?;
        let end = self.at + length;
        let block = self.bytes.get(self.at..end).context("the module ends early")?;
        self.at = end;
        Ok(block)
    }

    /// What kind of thing is imported: a function, a table, a memory or a global.
    fn skip_description(&mut self) -> Result<()> {
        let kind = self.byte()?;
        if matches!(kind, 1 | 3) {
            self.byte()?;
        }
        match kind {
            0 => drop(self.number()?),
            1 | 2 => {
                let has_most = self.byte()? & 1 == 1;
                self.number()?;
                if has_most {
                    self.number()?;
                }
            }
            3 => drop(self.byte()?),
            _ => bail!("an import is of the unknown kind {kind}"),
        }
        Ok(())
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).context("a name in the module is no text")
}

fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_block(out: &mut Vec<u8>, block: &[u8]) {
    write_number(out, block.len());
    out.extend(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_renamed_on_both_sides() {
        let import = |module: &str, name: &str| {
            let mut out = Vec::new();
            write_block(&mut out, module.as_bytes());
            write_block(&mut out, name.as_bytes());
            out.extend([0, 0]);
            out
        };
        let imports = [
            vec![3],
            import("./app_bg.js", "__wbg_get_e6325ad374eff861"),
            import("./app_bg.js", "__wbindgen_init"),
            import("./snippets/page.js", "stop"),
        ];
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.push(IMPORT_SECTION);
        write_block(&mut module, &imports.concat());
        module.extend(b"\x0a\x02\0\0");
        let glue = "{ __wbg_get_e6325ad374eff861: function(a) {}, __wbindgen_init: function() {} } { \"./app_bg.js\": import0, \"./snippets/page.js\": import1 }";
        let (module, glue) = shorten(&module, glue).unwrap();
        assert_eq!(
            module,
            b"\0asm\x01\0\0\0\x02\x1c\x03\x03./a\x01a\0\0\x03./a\x01b\0\0\x03./b\x04stop\0\0\x0a\x02\0\0"
        );
        assert_eq!(glue, "{ a(a) {}, b() {} } { \"./a\": import0, \"./b\": import1 }");
    }

    #[test]
    fn half_a_module_is_refused() {
        for bytes in [
            b"\0as".as_slice(),
            b"\0asm\x01\0\0\0\x02",
            b"\0asm\x01\0\0\0\x02\x05\x01",
        ] {
            assert!(shorten(bytes, "").is_err());
        }
    }
}
