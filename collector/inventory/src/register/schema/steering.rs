//! How the company steers: records, measures, goals, figures; and what people decide on proposals.

use super::{
    CODE, ClaimRule, Key, Kind, Members, NAME, OWNER, REMARK, Speaker, Table, amount, choice,
    claimed_with, claimed_words, coded, day, key, level, list, reference, required, role, text,
    texts, yes_no,
};

/// The values of a figure, an answer or a decision that is still open.
const YES_NO_CHECK: &[&str] = &["yes", "no", "check"];
const FREQUENCIES: &[&str] = &["rare", "medium", "frequent", "very_frequent"];
const CATEGORIES: &[&str] = &["low", "medium", "high", "very_high"];
const IMPACTS: &[&str] = &["negligible", "limited", "considerable", "existential"];

/// Who confirmed a group: its name, and which systems are in it.
const GROUP_CONFIRMED: Key = Key {
    claim: Some(ClaimRule {
        speaker: Speaker::Named,
        words: &[],
        extent: &["name", "confirmed_on"],
        members: Some(Members { table: "system", key: "group" }),
    }),
    ..role("confirmed_by")
};

/// The tables, in the order in which they are written.
pub(super) const TABLES: &[Table] = &[
    coded(
        "measure",
        &[
            CODE,
            NAME,
            texts("concerns"),
            texts("risks"),
            text("control"),
            key("priority", Kind::Whole { min: 1, max: 4 }),
            OWNER,
            amount("effort_days"),
            amount("cost_once_eur"),
            amount("cost_per_year_eur"),
            day("begins_on"),
            day("due_on"),
            choice("status", &["planned", "in_progress", "done", "dropped"]),
            day("done_on"),
            choice("effective", YES_NO_CHECK),
            day("effectiveness_checked_on"),
            REMARK,
        ],
    ),
    coded(
        "record",
        &[
            CODE,
            choice(
                "kind",
                &[
                    "audit",
                    "management_review",
                    "incident",
                    "feedback",
                    "hand_over",
                    "return",
                    "disposal",
                    "training",
                    "exercise",
                ],
            ),
            required("name", Kind::Text),
            day("happened_on"),
            text("description"),
            role("reported_by"),
            text("concerns"),
            text("result"),
            reference("measure", "measure"),
            day("closed_on"),
            text("document"),
            REMARK,
        ],
    ),
    coded(
        "goal",
        &[
            CODE,
            NAME,
            choice("kind", &["business", "security"]),
            reference("serves", "goal"),
            OWNER,
            REMARK,
        ],
    ),
    list(
        "indicator",
        "id",
        &[required("id", Kind::Text), amount("target"), OWNER, reference("goal", "goal"), REMARK],
    ),
    list(
        "need",
        "id",
        &[
            required("id", Kind::Text),
            claimed_with(
                level("level"),
                Speaker::Key("decided_by"),
                &["ground", "reason", "decided_on", "review_on"],
            ),
            choice("ground", &["distribution", "not_essential", "accumulation", "other"]),
            text("reason"),
            role("decided_by"),
            day("decided_on"),
            day("review_on"),
        ],
    ),
    list(
        "group",
        "id",
        &[required("id", Kind::Text), text("name"), GROUP_CONFIRMED, day("confirmed_on")],
    ),
    list("model", "id", &[required("id", Kind::Text), yes_no("relevant"), text("reason")]),
    list(
        "finding",
        "id",
        &[
            required("id", Kind::Text),
            claimed_words(
                choice("status", &["open", "in_progress", "done", "exception"]),
                &["exception"],
                Speaker::Key("accepted_by"),
                &["exception_until", "reason", "measure"],
            ),
            day("exception_until"),
            role("accepted_by"),
            text("reason"),
            reference("measure", "measure"),
        ],
    ),
    coded(
        "risk",
        &[
            CODE,
            text("object"),
            text("threat"),
            text("scenario"),
            choice("frequency", FREQUENCIES),
            choice("impact", IMPACTS),
            text("existing_measures"),
            choice("treatment", &["avoid", "reduce", "transfer", "accept"]),
            text("reason"),
            choice("residual_frequency", FREQUENCIES),
            choice("residual_impact", IMPACTS),
            OWNER,
            claimed_words(
                choice("state", &["proposed", "reviewed", "accepted", "rejected"]),
                &["reviewed", "accepted"],
                Speaker::Key("owner"),
                &[
                    "object",
                    "threat",
                    "scenario",
                    "frequency",
                    "impact",
                    "existing_measures",
                    "treatment",
                    "reason",
                    "residual_frequency",
                    "residual_impact",
                    "decided_on",
                    "accepted_until",
                ],
            ),
            day("decided_on"),
            day("accepted_until"),
        ],
    ),
    list(
        "matrix",
        "id",
        &[
            required("id", Kind::Choice(IMPACTS)),
            choice("rare", CATEGORIES),
            choice("medium", CATEGORIES),
            choice("frequent", CATEGORIES),
            choice("very_frequent", CATEGORIES),
        ],
    ),
    list(
        "question",
        "id",
        &[
            required("id", Kind::Text),
            choice("answer", &["met", "partly", "not_met", "not_applicable"]),
            REMARK,
            text("checked"),
        ],
    ),
];
