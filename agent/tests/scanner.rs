//! The scanner process of the agent, from the job to the last part, on loopback.

#![expect(clippy::unwrap_used, reason = "a test stops where its scan fails")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use kataster_agent::clock::SystemClock;
use kataster_agent::config::ScanConfig;
use kataster_agent::deliver::network::{Message, Network, Pending, Response};
use kataster_agent::disk::FolderDisk;
use kataster_agent::scan_job::{Place, jobs};
use observation::latest::AgentId;
use observation::latest::protocol::ScanReportAnswer;
use observation::latest::scan::{ProbeSelection, ScanJob, ScanReport};
use uuid::Uuid;

#[derive(Default)]
struct Recorder(Mutex<Vec<ScanReport>>);

impl Network for Recorder {
    fn post(&self, message: Message) -> Pending<'_> {
        let json = zstd::decode_all(message.body.as_slice()).unwrap();
        self.0.lock().unwrap().push(serde_json::from_slice(&json).unwrap());
        let server_time = Timestamp::UNIX_EPOCH;
        let answer = ScanReportAnswer { was_repeated: false, is_to_stop: false, server_time };
        let body = serde_json::to_vec(&answer).unwrap();
        Box::pin(async move { Ok(Response { status: 200, retry_after_seconds: None, body }) })
    }
}

#[tokio::test]
async fn a_permitted_job_is_scanned_by_a_process_of_its_own_and_delivered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_kataster-agent"));
    let agent = AgentId(Uuid::from_u128(5));
    let disk = Arc::new(FolderDisk::new(folder.path().to_owned()));
    let (mut jobs, worker) = jobs(Place { agent, program }, disk, Arc::new(SystemClock));
    let here = "127.0.0.1/32".parse().unwrap();
    let job = ScanJob {
        run: Uuid::from_u128(9),
        networks: vec![here],
        probes: ProbeSelection::Discovery,
        ..ScanJob::default()
    };
    let config = ScanConfig { networks: vec![here], ..ScanConfig::default() };
    let collector = Arc::new(Recorder::default());
    jobs.take(&job, &config, Arc::clone(&collector) as Arc<dyn Network>);
    drop(jobs);
    worker.work(None).await;
    drop(listener);
    let parts = collector.0.lock().unwrap();
    let last = parts.last().unwrap();
    assert!(last.end.is_some(), "{last:?}");
    assert!(parts.iter().all(|it| it.run == job.run && it.vantage.agent == Some(agent)));
    let outside = parts.iter().flat_map(|it| &it.targets).find(|it| !here.contains(&it.address));
    assert!(outside.is_none(), "{outside:?}");
    let numbers: Vec<u32> = parts.iter().map(|it| it.part).collect();
    assert_eq!(numbers, (0..u32::try_from(parts.len()).unwrap()).collect::<Vec<_>>());
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is under way");
}
