//! `check_in_load [COUNT]`: what the smallest report of an unchanged host costs the collector:
//! bytes of its body, and processor time per request on a kept connection and on new ones.

use std::io::Write;
use std::path::Path;

use observation::ContentHash;
use observation::latest::protocol::{CheckInAnswer, CheckInRequest};
use observation::latest::{AgentId, SectionBody};
use tests::crash::{COLLECTOR, Process, serve};
use tests::loopback::{BOOT, Speaker, body, now, number};

/// Requests on a kept connection unless told otherwise; a tenth of it on new ones.
const COUNT: u64 = 5000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, folder] = arguments.as_slice()
        && first == COLLECTOR
    {
        return serve(Path::new(folder)).await;
    }
    let count = arguments.first().map_or(Ok(COUNT), |it| it.parse())?;
    let folder = tempfile::tempdir()?;
    let process = Process::start(&std::env::current_exe()?, &folder.path().join("collector"))?;
    let speaker = process.speaker().await?;
    let bodies = [body("system.init", "systemd"), body("system.release", "12")];
    let sent = speaker.upload(&speaker.report(number(1), &bodies)).await?;
    anyhow::ensure!(sent.status == 200, "not taken: {sent:?}");
    let bytes = serde_json::to_vec(&check_in(speaker.agent, 2, &bodies))?.len();
    let before = process.cpu_seconds()?;
    for sequence in 0..count {
        ask(&speaker, 2 + sequence, &bodies).await?;
    }
    let kept = (process.cpu_seconds()? - before) * 1e6 / count as f64;
    let (before, few) = (process.cpu_seconds()?, (count / 10).max(1));
    for sequence in 0..few {
        ask(&speaker.again(process.agents())?, 2 + count + sequence, &bodies).await?;
    }
    let new = (process.cpu_seconds()? - before) * 1e6 / few as f64;
    writeln!(
        std::io::stdout(),
        "{bytes} bytes of body; {kept:.0} µs of processor time per check-in on a kept connection, \
         {new:.0} µs on a new one ({count} and {few} requests)"
    )?;
    Ok(())
}

async fn ask(speaker: &Speaker, sequence: u64, bodies: &[SectionBody]) -> anyhow::Result<()> {
    let answer = speaker.ask("/v1/check-in", &check_in(speaker.agent, sequence, bodies)).await?;
    anyhow::ensure!(answer.read::<CheckInAnswer>()?.is_known, "the hash is not known");
    Ok(())
}

fn check_in(agent: AgentId, sequence: u64, bodies: &[SectionBody]) -> CheckInRequest {
    CheckInRequest {
        agent,
        number: number(sequence),
        observed_at: now(),
        host_hash: ContentHash::of_all(bodies.iter().map(SectionBody::hash)),
        boot: Some(BOOT),
        sent_at: now(),
        home_revision: None,
    }
}
