//! Signed files of hosts that nobody has approved.

use observation::ContentHash;
use observation::latest::ReportNumber;
use store::{AgentState, CARRIED_FILES_MAX, IncomingFile, KeptFile, NewAgent, Store};
use tests::store_material::{agent_id, enrol_agents, event, minute, new_agent};

use super::super::on_each_store;

fn number(sequence: u64) -> ReportNumber {
    ReportNumber { epoch: 1, sequence }
}

fn file(agent: u128, sequence: u64) -> IncomingFile {
    IncomingFile {
        host: new_agent(agent),
        number: number(sequence),
        received_at: minute(1),
        file: format!("file {sequence}").into_bytes(),
    }
}

async fn keep(store: &dyn Store, file: IncomingFile) -> KeptFile {
    store.keep_file(file, event("report_waits")).await.unwrap()
}

#[test]
fn an_unknown_host_waits_with_its_files_until_a_person_decides() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        for (sequence, expected) in
            [(2, KeptFile::Waits), (1, KeptFile::Waits), (2, KeptFile::Repeated)]
        {
            assert_eq!(keep(store, file(1, sequence)).await, expected);
        }
        let agent = store.agent(agent_id(1)).await.unwrap().unwrap();
        assert_eq!((agent.state, agent.host_name.as_str()), (AgentState::Waiting, "host-1"));
        let by_key = store.agent_by_key(agent.public_key_hash).await.unwrap();
        assert_eq!(by_key.map(|it| it.id), Some(agent_id(1)));
        assert_eq!(store.agent_by_key(ContentHash::of(b"none")).await.unwrap(), None);
        let first = store.next_file(agent_id(1), None).await.unwrap().unwrap();
        assert_eq!((first.number, first.file.as_slice()), (number(1), &b"file 1"[..]));
        let second = store.next_file(agent_id(1), Some(number(1))).await.unwrap().unwrap();
        assert_eq!((second.number, second.received_at), (number(2), minute(1)));
        assert!(store.next_file(agent_id(1), Some(number(2))).await.unwrap().is_none());
        assert_eq!(store.remove_files(agent_id(1), Some(number(1))).await.unwrap(), 1);
        assert_eq!(store.remove_files(agent_id(1), None).await.unwrap(), 1);
        assert_eq!(store.remove_files(agent_id(1), None).await.unwrap(), 0);
    });
}

#[test]
fn files_of_a_host_that_was_decided_about_do_not_wait() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        enrol_agents(store, 1).await.unwrap();
        assert_eq!(keep(store, file(1, 1)).await, KeptFile::Decided);
        let revoked = event("agent_revoked");
        store.set_agent_state(agent_id(1), AgentState::Revoked, revoked).await.unwrap();
        assert_eq!(keep(store, file(1, 1)).await, KeptFile::Decided);
        assert!(store.next_file(agent_id(1), None).await.unwrap().is_none());
    });
}

#[test]
fn a_host_cannot_take_the_name_of_another() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        enrol_agents(store, 1).await.unwrap();
        let key = ContentHash::of(b"another key");
        let twin = NewAgent { public_key_hash: key, ..new_agent(1) };
        let twin = IncomingFile { host: twin, ..file(1, 1) };
        assert!(store.keep_file(twin, event("report_waits")).await.is_err());
    });
}

#[test]
fn what_waits_is_bounded() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        for sequence in 1..=u64::from(CARRIED_FILES_MAX) {
            assert_eq!(keep(store, file(1, sequence)).await, KeptFile::Waits);
        }
        assert_eq!(keep(store, file(1, 1000)).await, KeptFile::NoRoom);
        assert_eq!(keep(store, file(1, 1)).await, KeptFile::Repeated);
        for agent in 2..=u128::from(store::CARRIED_HOSTS_MAX) {
            assert_eq!(keep(store, file(agent, 1)).await, KeptFile::Waits);
        }
        assert_eq!(keep(store, file(1000, 1)).await, KeptFile::NoRoom);
        assert_eq!(store.agent(agent_id(1000)).await.unwrap(), None);
        let approved = event("agent_approved");
        store.set_agent_state(agent_id(2), AgentState::Approved, approved).await.unwrap();
        assert_eq!(keep(store, file(1000, 1)).await, KeptFile::Waits);
    });
}
