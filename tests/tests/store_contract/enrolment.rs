//! Tokens and agents.

use observation::ContentHash;
use store::{AgentState, NewToken, Store, TokenRefusal};
use tests::store_material::{
    agent_id, enrol, enrol_agents, event, minute, new_agent, secret_hash, token,
};
use uuid::Uuid;

use super::super::on_each_store;

#[test]
fn of_fifty_parallel_uses_of_a_one_time_token_one_succeeds() {
    on_each_store(|store| async move {
        store.create_token(token(1, 1), event("token_created")).await.unwrap();
        let uses = (1..=50).map(|agent| {
            let store = store.clone();
            tokio::spawn(async move { enrol(store.as_ref(), 1, agent).await.unwrap() })
        });
        let mut refusals = Vec::new();
        for answer in uses.collect::<Vec<_>>() {
            refusals.extend(answer.await.unwrap().err());
        }
        assert_eq!(refusals, vec![TokenRefusal::UsedUp; 49]);
        assert_eq!(store.agents().await.unwrap().len(), 1);
        assert_eq!(store.tokens().await.unwrap()[0].uses, 1);
    });
}

#[test]
fn a_token_that_does_not_fit_changes_nothing() {
    async fn check(store: &dyn Store, token: NewToken, expected: TokenRefusal) {
        let id = token.id;
        store.create_token(token, event("token_created")).await.unwrap();
        let head = store.event_head().await.unwrap();
        let answer = enrol(store, id.as_u128(), 1).await.unwrap();
        assert_eq!(answer, Err(expected));
        assert_eq!(store.event_head().await.unwrap(), head);
        assert!(store.agents().await.unwrap().is_empty());
    }
    on_each_store(|store| async move {
        let store = store.as_ref();
        assert_eq!(enrol(store, 9, 1).await.unwrap(), Err(TokenRefusal::Unknown));
        let wrong = NewToken { secret_hash: ContentHash::of(b"another"), ..token(1, 1) };
        check(store, wrong, TokenRefusal::WrongSecret).await;
        let expired = NewToken { expires_at: minute(1), ..token(2, 1) };
        check(store, expired, TokenRefusal::Expired).await;
        check(store, token(3, 0), TokenRefusal::UsedUp).await;
    });
}

#[test]
fn a_revoked_token_opens_nothing() {
    on_each_store(|store| async move {
        store.create_token(token(1, 5), event("token_created")).await.unwrap();
        let id = Uuid::from_u128(1);
        assert!(store.revoke_token(id, event("token_revoked")).await.unwrap());
        assert!(!store.revoke_token(Uuid::from_u128(2), event("token_revoked")).await.unwrap());
        assert_eq!(enrol(store.as_ref(), 1, 1).await.unwrap(), Err(TokenRefusal::Revoked));
        assert_eq!(store.tokens().await.unwrap()[0].revoked_at, Some(minute(0)));
    });
}

#[test]
fn a_key_enrols_once() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        store.create_token(token(2, 5), event("token_created")).await.unwrap();
        let twin = store::NewAgent { id: agent_id(7), ..new_agent(1) };
        let enrolled = event("agent_enrolled");
        let token = Uuid::from_u128(2);
        let answer = store.enrol(token, secret_hash(), minute(1), twin, enrolled).await.unwrap();
        assert_eq!(answer, Err(TokenRefusal::KeyInUse));
        assert_eq!(store.tokens().await.unwrap()[0].uses, 0);
    });
}

#[test]
fn an_agent_goes_from_waiting_to_approved_to_revoked() {
    on_each_store(|store| async move {
        let waiting = NewToken { needs_approval: true, ..token(1, 1) };
        store.create_token(waiting, event("token_created")).await.unwrap();
        let agent = enrol(store.as_ref(), 1, 1).await.unwrap().unwrap();
        assert_eq!(
            (agent.state, agent.last_seen_at, agent.asset),
            (AgentState::Waiting, None, None)
        );
        for state in [AgentState::Approved, AgentState::Quarantined, AgentState::Revoked] {
            let changed = event("agent_state");
            assert!(store.set_agent_state(agent_id(1), state, changed).await.unwrap());
            assert_eq!(store.agent(agent_id(1)).await.unwrap().unwrap().state, state);
        }
        let nobody = store.set_agent_state(agent_id(9), AgentState::Approved, event("agent_state"));
        assert!(!nobody.await.unwrap());
        assert_eq!(store.event_head().await.unwrap().0, 5);
    });
}

#[test]
fn a_renewed_key_takes_the_place_of_the_old_one() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let key = ContentHash::of(b"new key");
        store.set_agent_key(agent_id(1), key, minute(9)).await.unwrap();
        let agent = store.agent(agent_id(1)).await.unwrap().unwrap();
        assert_eq!((agent.public_key_hash, agent.certificate_not_after), (key, minute(9)));
        assert!(store.set_agent_key(agent_id(2), key, minute(9)).await.is_err());
    });
}
