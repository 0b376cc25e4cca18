//! The chat app that runs in the widget's frame and on the hosted page.
//!
//! The parts that read untrusted text ([`markdown`], [`sse`], [`link`]) are pure and tested on the host;
//! everything that touches the browser is in `web`.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod link;
pub mod markdown;
pub mod number;
pub mod sse;

#[cfg(test)]
mod words;

#[cfg(target_arch = "wasm32")]
mod web;
