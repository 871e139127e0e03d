-- Schema 1. Times are microseconds since 1970 (UTC); identities are UUIDs as 16 bytes; hashes are
-- SHA-256 as 32 bytes. Small integers (`number`) stand for long names inside this file only: no
-- number leaves it.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may speak.

CREATE TABLE enrolment_token (
    id             BLOB PRIMARY KEY,
    secret_hash    BLOB NOT NULL,
    label          TEXT,
    kind           TEXT NOT NULL,
    uses_max       INTEGER NOT NULL,
    uses           INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    revoked_at     INTEGER,
    needs_approval INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One line of reports. `settled` is the report up to which spans are written out, with the greatest
-- time in it; `confirmed` is the newest one since then that only repeated it, with the greatest
-- time of those (see sqlite/spans.rs).
CREATE TABLE observer (
    number             INTEGER PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    first_received_at  INTEGER,
    last_received_at   INTEGER,
    last_epoch         INTEGER,
    last_sequence      INTEGER,
    last_boot          BLOB,
    clock_skew_seconds INTEGER,
    state              INTEGER REFERENCES host_state (number),
    settled_epoch      INTEGER,
    settled_sequence   INTEGER,
    settled_at         INTEGER,
    confirmed_epoch    INTEGER,
    confirmed_sequence INTEGER,
    confirmed_at       INTEGER,
    -- 0: reconciled; 1: waits; 2: a reconciliation looks at it.
    pending            INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX observer_pending ON observer (pending) WHERE pending > 0;

CREATE TABLE agent (
    id                    BLOB PRIMARY KEY,
    observer              INTEGER NOT NULL UNIQUE REFERENCES observer (number),
    token                 BLOB NOT NULL REFERENCES enrolment_token (id),
    host_name             TEXT NOT NULL,
    kind                  TEXT NOT NULL,
    state                 TEXT NOT NULL,
    public_key_hash       BLOB NOT NULL,
    certificate_not_after INTEGER NOT NULL,
    enrolled_at           INTEGER NOT NULL,
    software_version      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_public_key ON agent (public_key_hash);

-- What was observed.

CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
) STRICT;

-- Every body once, zstd. `body` is NULL where it was forgotten: the hash stays as a tombstone.
CREATE TABLE section_body (
    number       INTEGER PRIMARY KEY,
    hash         BLOB NOT NULL UNIQUE,
    length       INTEGER NOT NULL,
    body         BLOB,
    forgotten_at INTEGER
) STRICT;

-- What a host hash stands for during one start of one host.
CREATE TABLE host_state (
    number    INTEGER PRIMARY KEY,
    observer  INTEGER NOT NULL REFERENCES observer (number),
    host_hash BLOB NOT NULL,
    boot      BLOB NOT NULL,
    UNIQUE (observer, host_hash, boot)
) STRICT;

CREATE TABLE host_state_section (
    state       INTEGER NOT NULL REFERENCES host_state (number),
    source      INTEGER NOT NULL REFERENCES source (number),
    body        INTEGER NOT NULL REFERENCES section_body (number),
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (state, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE host_state_identifier (
    state      INTEGER NOT NULL REFERENCES host_state (number),
    identifier INTEGER NOT NULL REFERENCES identifier (number),
    PRIMARY KEY (state, identifier)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    number      INTEGER PRIMARY KEY,
    observer    INTEGER NOT NULL REFERENCES observer (number),
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    sent_at     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- `started_at` corrected for skew, never later than receipt.
    observed_at INTEGER NOT NULL,
    -- NULL: volatile sections only.
    state       INTEGER REFERENCES host_state (number),
    -- Whether it brought a host hash alone, so that its sections are those of the state.
    is_confirmation INTEGER NOT NULL,
    UNIQUE (observer, epoch, sequence)
) STRICT;

-- The sections of reports that were more than a confirmation.
CREATE TABLE report_section (
    report      INTEGER NOT NULL REFERENCES report (number),
    source      INTEGER NOT NULL REFERENCES source (number),
    body        INTEGER NOT NULL REFERENCES section_body (number),
    observed_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    is_steady   INTEGER NOT NULL,
    PRIMARY KEY (report, source)
) STRICT, WITHOUT ROWID;

-- History as validity in time: from which report to which one a source gave this body.
CREATE TABLE section_span (
    observer          INTEGER NOT NULL REFERENCES observer (number),
    source            INTEGER NOT NULL REFERENCES source (number),
    first_epoch       INTEGER NOT NULL,
    first_sequence    INTEGER NOT NULL,
    last_epoch        INTEGER NOT NULL,
    last_sequence     INTEGER NOT NULL,
    body              INTEGER NOT NULL REFERENCES section_body (number),
    first_observed_at INTEGER NOT NULL,
    last_observed_at  INTEGER NOT NULL,
    duration_ms       INTEGER NOT NULL,
    is_steady         INTEGER NOT NULL,
    PRIMARY KEY (observer, source, first_epoch, first_sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX section_span_body ON section_span (body);

-- Interned packages: each distinct package once, and for each body the set of its packages as one
-- cell (see sqlite/packages.rs). When an observer had a package follows from the spans of those
-- bodies, so it cannot disagree with them.
CREATE TABLE package (
    number       INTEGER PRIMARY KEY,
    manager      TEXT NOT NULL,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    architecture TEXT NOT NULL,
    UNIQUE (name, version, manager, architecture)
) STRICT;

CREATE TABLE package_set (
    body     INTEGER PRIMARY KEY REFERENCES section_body (number),
    packages BLOB NOT NULL
) STRICT;

-- Which asset is it.

CREATE TABLE identifier (
    number INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    text   TEXT NOT NULL,
    UNIQUE (kind, text)
) STRICT;

CREATE TABLE observer_identifier (
    observer      INTEGER NOT NULL REFERENCES observer (number),
    identifier    INTEGER NOT NULL REFERENCES identifier (number),
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (observer, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX observer_identifier_identifier ON observer_identifier (identifier);

CREATE TABLE decision (
    number         INTEGER PRIMARY KEY,
    decided_at     INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    kind           TEXT NOT NULL,
    left_observer  INTEGER NOT NULL REFERENCES observer (number),
    right_observer INTEGER NOT NULL REFERENCES observer (number)
) STRICT;
CREATE INDEX decision_left ON decision (left_observer);
CREATE INDEX decision_right ON decision (right_observer);

-- A label is given once and never again, also when its asset was absorbed by another.
CREATE TABLE asset (
    id          BLOB PRIMARY KEY,
    label       TEXT NOT NULL UNIQUE,
    absorbed_by BLOB REFERENCES asset (id),
    links       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_absorbed_by ON asset (absorbed_by) WHERE absorbed_by IS NOT NULL;

CREATE TABLE asset_member (
    observer INTEGER PRIMARY KEY REFERENCES observer (number),
    asset    BLOB NOT NULL REFERENCES asset (id),
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX asset_member_asset ON asset_member (asset);

-- What people stated, and the log of changes.

CREATE TABLE register (
    number   INTEGER PRIMARY KEY CHECK (number = 1),
    document TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    number      INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    source      TEXT NOT NULL,
    action      TEXT NOT NULL,
    object      TEXT NOT NULL,
    -- Salted hashes; NULL where there was no value.
    before_hash BLOB,
    after_hash  BLOB,
    previous    BLOB,
    hash        BLOB NOT NULL
) STRICT;

-- Values beside the chain: deleting a row here leaves the chain whole.
CREATE TABLE event_value (
    event       INTEGER PRIMARY KEY REFERENCES event (number),
    before_salt BLOB,
    before      TEXT,
    after_salt  BLOB,
    after       TEXT
) STRICT;

CREATE TABLE workbook_export (
    number INTEGER PRIMARY KEY,
    id     BLOB NOT NULL UNIQUE,
    as_of  INTEGER NOT NULL
) STRICT;
