//! Secrets of running processes never leave the host: a process with a secret argument and a secret
//! environment value holds a port while all sources look at this machine.

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::process::{Child, Command, Stdio};

    use jiff::Timestamp;
    use kataster_agent::host::LinuxHost;
    use kataster_agent::names::Names;
    use kataster_agent::print;
    use kataster_agent::report::{Identity, Selection, collect};
    use kataster_agent::sources::{Context, Memory, Options};
    use observation::latest::written::Report;
    use observation::latest::{NameKey, ReportNumber};
    use wording::Language;

    const ARGUMENT: &str = "canary-argument-4f6a1c";
    const VALUE: &str = "canary-value-9d03be";
    const VARIABLE: &str = "KATASTER_CANARY";

    /// Run as a child by the other test: holds a port until its input ends. Does nothing else.
    #[test]
    fn holds_a_port_and_a_secret() {
        if std::env::var_os(VARIABLE).is_none() {
            return;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        println!("port {port}");
        std::io::stdout().flush().unwrap();
        let input = std::thread::spawn(|| std::io::stdin().lock().read(&mut [0]));
        // Whoever asks for a certificate is sent away at once.
        std::thread::spawn(move || listener.incoming().for_each(drop));
        let _ = input.join();
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the test itself runs again as the watched process"
    )]
    fn start() -> (Child, u16) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "tests::holds_a_port_and_a_secret", ARGUMENT])
            .env(VARIABLE, VALUE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|it| it.rsplit_once("port ")?.1.trim().parse().ok());
        (child, port.expect("the child names its port"))
    }

    fn look() -> Report {
        let names = Names::new(NameKey::Run, b"test");
        let options = Options { reports_connections: true, ..Options::default() };
        let context = Context {
            host: &LinuxHost,
            now: Timestamp::UNIX_EPOCH,
            names: &names,
            options,
            memory: &Memory::default(),
        };
        let number = ReportNumber { epoch: 0, sequence: 0 };
        collect(&context, Identity { agent: None, number }, Selection::All)
    }

    #[test]
    fn neither_arguments_nor_environment_values_appear_in_any_output() {
        let (mut child, port) = start();
        let report = look();
        drop(child.stdin.take());
        child.wait().unwrap();
        let json = serde_json::to_string(&report).unwrap();
        let table = print::table(&report, Language::German.wording(), None);
        assert!(
            json.contains(&format!("\"port\":{port}")),
            "the watched process was not seen at all"
        );
        for secret in [ARGUMENT, VALUE, VARIABLE] {
            assert!(!json.contains(secret), "{secret} is in the report");
            assert!(!table.contains(secret), "{secret} is in the table");
        }
    }
}
