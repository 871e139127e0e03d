-- Schema 2: scans. Lines of scan results, runs, plans, credentials.

-- A line of scan results: an address as one vantage point sees it, as long as nothing says that
-- another device has it. `vantage`: the agent that looked; empty: the collector. `address`: 4 or 16
-- bytes.
CREATE TABLE target (
    observer INTEGER PRIMARY KEY REFERENCES observer (number),
    vantage  BLOB NOT NULL,
    address  BLOB NOT NULL,
    since    INTEGER NOT NULL,
    UNIQUE (address, vantage, since)
) STRICT;
CREATE INDEX target_vantage ON target (vantage);

CREATE TABLE scan_plan (
    id          BLOB PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    -- What is scanned, when and how (JSON). Secrets stand in `credential`.
    document    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    last_run    BLOB,
    last_run_at INTEGER,
    next_run_at INTEGER
) STRICT, WITHOUT ROWID;

-- `vantage` as above. `plan` is not a reference: a run outlives its plan.
CREATE TABLE scan_run (
    id          BLOB PRIMARY KEY,
    plan        BLOB,
    vantage     BLOB NOT NULL,
    -- The job (JSON) without secrets.
    job         TEXT NOT NULL,
    ordered_by  TEXT NOT NULL,
    ordered_at  INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    state       TEXT NOT NULL,
    -- JSON.
    remarks     TEXT NOT NULL,
    figures     TEXT,
    -- From where it was looked: links, gateways, rights (JSON), by the newest part.
    seen_from   TEXT,
    -- Networks that need not be asked again when the run is gone on with (JSON).
    done        TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_run_ordered_at ON scan_run (ordered_at);
CREATE INDEX scan_run_waiting ON scan_run (vantage) WHERE state = 'waiting';

-- Parts that were kept, so that none is kept twice, and what was answered.
CREATE TABLE scan_part (
    run         BLOB NOT NULL REFERENCES scan_run (id),
    part        INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    targets     INTEGER NOT NULL,
    lines_begun INTEGER NOT NULL,
    PRIMARY KEY (run, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE scan_run_target (
    run      BLOB NOT NULL REFERENCES scan_run (id),
    observer INTEGER NOT NULL REFERENCES observer (number),
    PRIMARY KEY (run, observer)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_run_target_observer ON scan_run_target (observer);

-- What services may be asked with, and where. `sealed` opens with a key that is not in this file.
CREATE TABLE credential (
    id         BLOB PRIMARY KEY,
    plan       BLOB REFERENCES scan_plan (id),
    scope      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_plan ON credential (plan);
