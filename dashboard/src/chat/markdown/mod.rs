//! Markdown as elements. The text comes from models and documents: nothing in it becomes HTML, images are left
//! out, links keep to safe schemes.

mod parse;
mod render;

pub use render::render;
