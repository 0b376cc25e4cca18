//! The files.

mod pdf;
mod text;
mod xml;
mod zips;

/// A hostile file.
pub struct Bomb {
    pub what: &'static str,
    /// What it is called.
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// All of them.
pub fn all() -> Vec<Bomb> {
    let mut bombs = zips::all();
    bombs.extend(pdf::all());
    bombs.extend(xml::all());
    bombs.extend(text::all());
    bombs
}

pub fn bomb(what: &'static str, name: &'static str, bytes: Vec<u8>) -> Bomb {
    Bomb { what, name, bytes }
}
