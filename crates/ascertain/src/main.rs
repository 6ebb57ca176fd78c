//! The program.

fn main() -> std::process::ExitCode {
    ascertain::main()
}
