//! What the company is: where, who, what it does and with what.

use super::{
    CODE, COUNT, Key, Kind, NAME, OWNER, REMARK, Speaker, Table, choice, claimed, coded, day, key,
    level, list, reference, references, required, role, single, text, texts, yes_no,
};

/// How a document or information is classified.
const CLASSIFICATIONS: &[&str] = &["public", "internal", "confidential", "strictly_confidential"];
const WHEN: Key = required("when", Kind::Condition);

/// The tables, in the order in which they are written.
pub(super) const TABLES: &[Table] = &[
    single(
        "company",
        &[
            text("name"),
            key("employees", Kind::Whole { min: 0, max: u32::MAX as i64 }),
            text("sector"),
            text("scope"),
            choice("classification", CLASSIFICATIONS),
            texts("frameworks"),
            text("security_officer"),
            claimed(role("management"), Speaker::Administrator),
            claimed(text("reviewed_by"), Speaker::Named),
            claimed(text("released_by"), Speaker::Named),
            day("next_review_on"),
            text("distribution"),
        ],
    ),
    single(
        "thresholds",
        &[
            key("damage_normal_eur", COUNT),
            key("damage_high_eur", COUNT),
            key("outage_normal_hours", Kind::Hours),
            key("outage_high_hours", Kind::Hours),
        ],
    ),
    coded("site", &[CODE, NAME, text("address"), REMARK]),
    coded(
        "building",
        &[CODE, required("site", Kind::Reference("site")), NAME, text("address"), REMARK],
    ),
    coded(
        "room",
        &[
            CODE,
            required("building", Kind::Reference("building")),
            NAME,
            choice("security_zone", &["public", "internal", "secured", "highly_secured"]),
            text("access"),
            yes_no("ups"),
            REMARK,
        ],
    ),
    coded("unit", &[CODE, NAME, reference("parent", "unit"), role("head"), REMARK]),
    list("role", "name", &[NAME, role("deputy"), text("mail_group"), text("template"), REMARK]),
    coded(
        "provider",
        &[
            CODE,
            NAME,
            text("service"),
            text("contract"),
            day("contract_until"),
            yes_no("processing_agreement"),
            yes_no("remote_access"),
            level("importance"),
            role("contact_role"),
            REMARK,
        ],
    ),
    coded(
        "information",
        &[
            CODE,
            NAME,
            choice("classification", CLASSIFICATIONS),
            choice("personal_data", &["no", "yes", "special"]),
            text("data_subjects"),
            key("count", COUNT),
            text("retention"),
            text("processing_record"),
            level("confidentiality"),
            level("integrity"),
            level("availability"),
            level("authenticity"),
            text("scenario"),
            text("reason"),
            text("template"),
        ],
    ),
    coded(
        "process",
        &[
            CODE,
            NAME,
            OWNER,
            text("description"),
            key("outage_hours", Kind::Hours),
            key("recovery_time_hours", Kind::Hours),
            key("recovery_point_hours", Kind::Hours),
            level("confidentiality"),
            level("integrity"),
            level("availability"),
            level("authenticity"),
            text("reason"),
            references("applications", "application"),
            references("information", "information"),
            claimed(day("approved_on"), Speaker::Management),
            text("template"),
        ],
    ),
    coded(
        "application",
        &[
            CODE,
            NAME,
            text("manufacturer"),
            role("owner_business"),
            role("owner_technical"),
            key("recognise", Kind::Recognisers),
            references("information", "information"),
            yes_no("cloud"),
            reference("provider", "provider"),
            text("licence"),
            text("template"),
        ],
    ),
    list(
        "zone",
        "name",
        &[
            NAME,
            key("networks", Kind::Networks),
            key("vlan", Kind::Whole { min: 1, max: 4094 }),
            text("purpose"),
            references("may_reach", "zone"),
            yes_no("ot"),
            REMARK,
        ],
    ),
    Table {
        name: "location_rule",
        is_list: true,
        identity: None,
        keys: &[WHEN, required("room", Kind::Reference("room"))],
    },
    Table {
        name: "owner_rule",
        is_list: true,
        identity: None,
        keys: &[WHEN, required("owner", Kind::Reference("role"))],
    },
];
