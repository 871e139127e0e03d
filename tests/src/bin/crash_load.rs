//! `crash_load [KILLS] [AGENTS]`: kills a collector with SIGKILL under posting agents and counts
//! acknowledged reports that are lost or kept twice. 1,000 kills and 8 agents unless told otherwise.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use tests::crash::{COLLECTOR, run, serve};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, folder] = arguments.as_slice()
        && first == COLLECTOR
    {
        serve(Path::new(folder)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let count =
        |index: usize, usual: u64| arguments.get(index).map_or(Ok(usual), |it| it.parse::<u64>());
    let (kills, agents) = (count(0, 1000)?, count(1, 8)?);
    let start = Instant::now();
    let outcome = run(std::env::current_exe()?, kills, agents).await?;
    let seconds = start.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{} kills under {agents} agents in {seconds:.0} s: {} reports acknowledged ({} after a lost \
         answer), {} lost, {} duplicated",
        outcome.kills,
        outcome.acknowledged,
        outcome.recognised,
        outcome.lost,
        outcome.duplicated
    )?;
    let is_good = outcome.lost == 0 && outcome.duplicated == 0;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
