//! Says which folders are compiled into the program, so that a changed history or law makes a new one.

fn main() {
    for folder in ["history", "law", "policies"] {
        println!("cargo:rerun-if-changed=../../{folder}");
    }
}
