//! The binary of the agent: a shell around the library.

fn main() -> std::process::ExitCode {
    kataster_agent::command::main()
}
