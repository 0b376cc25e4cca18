//! Pieces that pages share.

pub mod alert;
pub mod button;
pub mod chart;
pub mod choice;
pub mod copy;
pub mod dialog;
pub mod download;
pub mod empty;
pub mod field;
pub mod form;
pub mod format;
pub mod icon;
pub mod load;
pub mod menu;
pub mod page;
pub mod pages;
pub mod params;
pub mod tabs;
pub mod theme;
pub mod time;
pub mod toast;
pub mod toggle;
pub mod undo;
