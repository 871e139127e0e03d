-- Schema 6: snapshots of all sheets, kept until somebody takes the database away.

CREATE TABLE snapshot (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    taken_at INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    language TEXT NOT NULL,
    -- Rows of all sheets.
    rows     INTEGER NOT NULL,
    -- SHA-256 of the body unpacked; the event says the same.
    hash     BLOB NOT NULL,
    event    INTEGER NOT NULL REFERENCES event (number),
    length   INTEGER NOT NULL,
    -- One JSON value per line, packed with zstd.
    body     BLOB NOT NULL
) STRICT;
