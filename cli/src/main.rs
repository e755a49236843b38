//! The `augur` binary; everything is in the library beside it.

fn main() -> std::process::ExitCode {
    augur_cli::main()
}
