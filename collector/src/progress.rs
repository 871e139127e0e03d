//! How far a scan is: an estimate before, a bar on a terminal during.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use wording::Wording;

use crate::scans::ScanEvent;

/// The bar on a terminal; elsewhere only the lines that stay.
pub struct Progress {
    bar: ProgressBar,
    wording: &'static Wording,
}

impl Progress {
    /// A bar that waits for its first event.
    #[must_use]
    pub fn new(wording: &'static Wording) -> Self {
        // indicatif draws on the error stream and only if that is a terminal.
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {percent}% ({elapsed})") {
            bar.set_style(style);
        }
        Self { bar, wording }
    }

    /// Shows what happened.
    pub fn show(&self, event: &ScanEvent) {
        match event {
            ScanEvent::Started { .. } => {}
            ScanEvent::Estimate { addresses, packets, seconds, rate_pps } => {
                self.line(&estimate(*addresses, *packets, *seconds, *rate_pps, self.wording));
            }
            ScanEvent::Progress { phase, done, total } => {
                let key = format!("scan-phase-{phase}");
                if self.wording.has(&key) {
                    self.bar.set_message(self.wording.text(&key));
                }
                self.bar.set_length(*total);
                self.bar.set_position((*done).min(*total));
            }
        }
    }

    /// A line that stays, on the error stream.
    pub fn line(&self, text: &str) {
        // Whoever closed the error stream wants to read nothing there.
        self.bar.suspend(|| drop(writeln!(io::stderr().lock(), "{text}")));
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn estimate(
    addresses: u64,
    packets: Option<u64>,
    seconds: Option<u64>,
    rate_pps: u32,
    wording: &Wording,
) -> String {
    let arguments = [
        ("addresses", (addresses as f64).into()),
        ("packets", (packets.unwrap_or(0) as f64).into()),
        ("seconds", (seconds.unwrap_or(0) as f64).into()),
        ("rate", f64::from(rate_pps).into()),
    ];
    let key = match packets.and(seconds) {
        Some(_) => "scan-estimate",
        None => "scan-estimate-without-packets",
    };
    wording.text_with(key, &arguments)
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    #[test]
    fn an_estimate_says_what_a_scan_costs() {
        let english = Language::English.wording();
        let text = estimate(254, Some(1_300), Some(2), 1_000, english);
        assert_eq!(text, "254 addresses, about 1300 packets, about 2 s at 1000 packets/s");
        let text = estimate(1, None, None, 1_000, Language::German.wording());
        assert_eq!(text, "Eine Adresse; wie lange es dauert, hängt davon ab, was antwortet");
    }
}
