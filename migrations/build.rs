//! A new SQL file is none of the sources that the compiler knows of.

fn main() {
    println!("cargo:rerun-if-changed=.");
}
