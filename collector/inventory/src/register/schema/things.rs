//! What the company has that no agent sees: things, machines, cables, places of information.

use super::{
    CODE, Kind, NAME, OWNER, REMARK, Table, choice, coded, day, level, reference, references,
    required, role, text,
};

/// The tables, in the order in which they are written.
pub(super) const TABLES: &[Table] = &[
    coded(
        "item",
        &[
            CODE,
            NAME,
            choice(
                "kind",
                &[
                    "paper_archive", "safe", "spare", "dongle", "isolated_machine", "leased_device",
                    "removable_media", "mobile_device", "other",
                ],
            ),
            text("manufacturer"),
            text("model"),
            text("serial"),
            text("inventory_number"),
            reference("room", "room"),
            OWNER,
            references("information", "information"),
            level("confidentiality"),
            level("integrity"),
            level("availability"),
            day("purchased_on"),
            day("warranty_until"),
            reference("contract", "contract"),
            role("handed_to"),
            day("handed_on"),
            day("returned_on"),
            day("disposed_on"),
            text("erasure"),
            text("erasure_proof"),
            REMARK,
        ],
    ),
    coded(
        "dossier",
        &[
            CODE,
            NAME,
            text("maker"),
            text("control"),
            text("system"),
            reference("room", "room"),
            OWNER,
            reference("provider", "provider"),
            text("remote_maintenance"),
            day("image_backup_on"),
            text("image_backup_place"),
            text("not_patchable_because"),
            text("compensating_measure"),
            REMARK,
        ],
    ),
    coded(
        "cable",
        &[
            CODE,
            text("from_device"),
            text("from_port"),
            text("panel"),
            text("socket"),
            text("to_device"),
            text("to_port"),
            text("medium"),
            reference("room", "room"),
            REMARK,
        ],
    ),
    coded(
        "storage",
        &[
            CODE,
            required("information", Kind::Reference("information")),
            choice(
                "kind",
                &["share", "database", "mailbox", "cloud", "removable_media", "local", "paper"],
            ),
            text("place"),
            text("system"),
            reference("cloud_service", "cloud_service"),
            reference("item", "item"),
            REMARK,
        ],
    ),
];
