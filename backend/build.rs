//! Makes sure that the folders of web assets exist, and builds again when `cargo xtask web` filled them anew.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    for package in ["dashboard", "widget"] {
        let dist = Path::new("..").join(package).join("dist");
        // Without the assets the server still builds, for example for Clippy; it says what to run.
        fs::create_dir_all(&dist)?;
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    Ok(())
}
