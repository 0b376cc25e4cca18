//! Questions with their answers: written, changed, or taken from a CSV file.

mod csv;
mod dialog;
mod editor;
mod save_or_close;

pub use csv::CsvPicker;
pub use dialog::PairsDialog;
pub use editor::{PairsEditor, Rows};
pub use save_or_close::SaveOrClose;
