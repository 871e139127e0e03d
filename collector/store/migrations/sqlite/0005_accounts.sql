-- Schema 5: accounts of people, and statements that somebody must stand by.

-- A name is given once and never again: the log of events names it.
CREATE TABLE account (
    name        TEXT PRIMARY KEY,
    access      TEXT NOT NULL,
    -- argon2id as a PHC string; NULL: it is used through its operating-system user alone.
    password    TEXT,
    system_uid  INTEGER,
    system_name TEXT,
    created_at  INTEGER NOT NULL,
    removed_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_system_uid ON account (system_uid)
    WHERE system_uid IS NOT NULL AND removed_at IS NULL;

-- Roles of the register that an account may speak for.
CREATE TABLE account_role (
    account TEXT NOT NULL REFERENCES account (name),
    role    TEXT NOT NULL,
    PRIMARY KEY (account, role)
) STRICT, WITHOUT ROWID;

-- Failed passwords by the name that was given, whether there is such an account or not.
CREATE TABLE failed_sign_in (
    name    TEXT PRIMARY KEY,
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
    number        INTEGER PRIMARY KEY,
    -- JSON: the field, what it claims, in whose name.
    document      TEXT NOT NULL,
    -- JSON: fields that are changed back when it is rejected.
    taken_back    TEXT NOT NULL,
    claimed_at    INTEGER NOT NULL,
    claimed_by    TEXT NOT NULL,
    source        TEXT NOT NULL,
    -- open, confirmed, rejected
    state         TEXT NOT NULL,
    settled_at    INTEGER,
    settled_by    TEXT REFERENCES account (name),
    settled_event INTEGER REFERENCES event (number)
) STRICT;
