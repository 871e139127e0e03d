//! What people say of things that were observed. An entry names its thing by the id of the row that
//! shows it, which is the same in every export.

use super::{
    Key, Kind, OWNER, REMARK, Speaker, Table, choice, claimed_with, claimed_words, day, list,
    reference, required, role, text, yes_no,
};

const ID: Key = required("id", Kind::Text);
const YES_NO_CHECK: &[&str] = &["yes", "no", "check"];

/// What the review or the release of a version of the documentation speaks of.
const VERSION: &[&str] = &["version", "date", "author", "reason", "section"];

/// The tables, in the order in which they are written.
pub(super) const TABLES: &[Table] = &[
    list(
        "system",
        "id",
        &[
            ID,
            text("purpose"),
            text("group"),
            text("inventory_number"),
            reference("room", "room"),
            OWNER,
            role("user_role"),
            choice(
                "status",
                &["planned", "operating", "reserve", "maintenance", "retired", "disposed"],
            ),
            day("purchased_on"),
            day("warranty_until"),
            reference("contract", "contract"),
            role("handed_to"),
            day("handed_on"),
            day("returned_on"),
            day("disposed_on"),
            text("erasure_proof"),
            REMARK,
        ],
    ),
    list("network", "id", &[ID, reference("zone", "zone"), REMARK]),
    list("connection", "id", &[ID, text("name"), choice("wanted", YES_NO_CHECK), text("reason")]),
    list("service", "id", &[ID, choice("needed", YES_NO_CHECK), REMARK]),
    list(
        "software",
        "id",
        &[
            ID,
            claimed_words(
                choice("approved", YES_NO_CHECK),
                &["yes"],
                Speaker::SecurityOfficer,
                &["remark"],
            ),
            choice("needs_licence", YES_NO_CHECK),
            REMARK,
        ],
    ),
    list("firmware", "id", &[ID, yes_no("extended_support"), day("replacement_on"), REMARK]),
    list("certificate", "id", &[ID, OWNER, text("renewal")]),
    list("account", "id", &[ID, text("reason")]),
    list("setting", "id", &[ID, text("reference"), REMARK]),
    list("detail", "id", &[ID, REMARK]),
    list("coverage", "id", &[ID, text("decision")]),
    list("agent", "id", &[ID, REMARK]),
    list("quality", "id", &[ID, REMARK]),
    list(
        "change",
        "id",
        &[
            ID,
            claimed_words(
                choice("review", &["noted", "check", "confirmed"]),
                &["confirmed"],
                Speaker::SecurityOfficer,
                &[],
            ),
        ],
    ),
    list("rule", "id", &[ID, REMARK]),
    list("scan", "id", &[ID, REMARK]),
    list(
        "document",
        "id",
        &[
            ID,
            text("version"),
            day("date"),
            text("author"),
            text("reason"),
            text("section"),
            claimed_with(text("reviewed"), Speaker::Named, VERSION),
            claimed_with(text("released"), Speaker::Named, VERSION),
        ],
    ),
];
