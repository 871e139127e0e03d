//! What the company has agreed with others, and what it pays for.

use super::{
    CODE, COUNT, Kind, NAME, OWNER, REMARK, Table, amount, choice, coded, day, key, list, reference,
    references, role, text, texts, yes_no,
};

/// Whether an agreement under Art. 28 GDPR exists.
const PROCESSING_AGREEMENT: &[&str] = &["yes", "no", "not_needed"];

/// The tables, in the order in which they are written.
pub(super) const TABLES: &[Table] = &[
    coded(
        "contract",
        &[
            CODE,
            NAME,
            reference("provider", "provider"),
            choice(
                "kind",
                &[
                    "maintenance", "support", "hosting", "line", "licence", "insurance", "leasing",
                    "service", "other",
                ],
            ),
            text("number"),
            day("begins_on"),
            day("ends_on"),
            day("notice_by"),
            key("reminder_days", Kind::Whole { min: 0, max: 3650 }),
            yes_no("renews"),
            text("service_level"),
            choice("processing_agreement", PROCESSING_AGREEMENT),
            yes_no("remote_access"),
            amount("cost_per_year_eur"),
            OWNER,
            text("document"),
            REMARK,
        ],
    ),
    coded(
        "line",
        &[
            CODE,
            NAME,
            reference("site", "site"),
            reference("provider", "provider"),
            text("circuit_number"),
            text("technology"),
            amount("download_mbps"),
            amount("upload_mbps"),
            texts("public_addresses"),
            text("fault_hotline"),
            reference("contract", "contract"),
            REMARK,
        ],
    ),
    list(
        "domain",
        "name",
        &[
            NAME,
            reference("registrar", "provider"),
            reference("name_server_provider", "provider"),
            reference("mail_provider", "provider"),
            reference("web_provider", "provider"),
            day("expires_on"),
            OWNER,
            REMARK,
        ],
    ),
    coded(
        "cloud_service",
        &[
            CODE,
            NAME,
            reference("provider", "provider"),
            text("purpose"),
            text("tenant"),
            references("information", "information"),
            text("data_location"),
            choice("processing_agreement", PROCESSING_AGREEMENT),
            references("administrators", "role"),
            choice("second_factor", &["yes", "partly", "no"]),
            text("backup"),
            text("exit_plan"),
            reference("contract", "contract"),
            OWNER,
            texts("recognise_domains"),
            REMARK,
        ],
    ),
    coded(
        "licence",
        &[
            CODE,
            text("product"),
            texts("packages"),
            choice(
                "metric",
                &[
                    "device", "user", "concurrent", "core", "server_and_cal", "subscription", "free",
                ],
            ),
            key("entitled", COUNT),
            text("proof"),
            reference("provider", "provider"),
            amount("cost_per_year_eur"),
            day("runs_until"),
            yes_no("key_kept"),
            OWNER,
            REMARK,
        ],
    ),
    coded(
        "backup",
        &[
            CODE,
            NAME,
            texts("systems"),
            references("information", "information"),
            text("job"),
            text("target"),
            choice("offline_copy", &["yes", "no", "check"]),
            choice("other_site", &["yes", "no", "check"]),
            text("interval"),
            text("retention"),
            day("restore_tested_on"),
            choice("restore_result", &["passed", "partly", "failed"]),
            role("restore_tested_by"),
            OWNER,
            REMARK,
        ],
    ),
];
