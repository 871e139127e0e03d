//! What the inventory means for people: how complete it is, whether agents do their work, and what is
//! missing of what should be there.
//!
//! Pure functions: evidence in, a judgement with its reasons out. Thresholds are constants with their
//! grounds; what the evidence does not decide stays undecided.

mod agent_health;
mod agents;
mod completeness;
mod coverage;
mod documentation;
mod hosting;
mod licences;
mod management;
#[cfg(test)]
mod sample;

pub use agent_health::{
    AgentEvidence, AgentHealth, HABIT_DAYS, HealthReason, HealthState, MISSED_INTERVALS_MAX,
    WORKPLACE_SILENCE, Why, agent_health,
};
pub use agents::{AgentFacts, AgentJudgement, Asked, Surroundings, judge_agents};
pub use completeness::{Completeness, Remedy, Step, completeness};
pub use coverage::{Coverage, CoverageState, ListEntry, MatchedBy, NamedMachine, coverage};
pub use documentation::{
    BARS, Bar, BarState, Documentation, DocumentationFacts, Product, documentation,
    products_to_decide,
};
pub use hosting::{Hosting, hostings};
pub use licences::{
    BalanceState, LicenceBalance, LicenceRules, Metric, NotCounted, Used, licence_balances,
    product_key,
};
pub use management::{Agreement, Management, managements};
