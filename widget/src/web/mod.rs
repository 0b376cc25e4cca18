//! The app in the browser.

mod answer;
mod app;
mod chat;
mod draw;
mod page;

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};
use wasm_bindgen::prelude::wasm_bindgen;

#[global_allocator]
#[expect(unsafe_code, reason = "a WASM module without shared memory has one thread")]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    // SAFETY: the module is built without atomics and shared memory, so nothing else can allocate at the same time.
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// A trap is all the report there is room for; the browser's console names the module.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Called once the module is loaded.
#[wasm_bindgen(start)]
fn start() {
    app::App::start();
}
