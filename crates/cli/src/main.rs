//! The binary `peerpool`.

fn main() -> std::process::ExitCode {
    peerpool_cli::main()
}
