//! The program: the only room that touches the world.
fn main() {}
