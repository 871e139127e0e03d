//! The binary of the collector: a shell around the library.

fn main() -> std::process::ExitCode {
    kataster::application::main().into()
}
