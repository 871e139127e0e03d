-- Schema 4: what exports showed, workbooks that came back, and changes that can be taken back.

-- Cells of an export, zstd, for the comparison with an edited workbook. Old ones go.
CREATE TABLE export_base (
    export INTEGER PRIMARY KEY REFERENCES workbook_export (number),
    length INTEGER NOT NULL,
    body   BLOB NOT NULL
) STRICT;

CREATE TABLE workbook_import (
    number    INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_hash BLOB NOT NULL,
    -- JSON: what it found, and what was decided since.
    outcome   TEXT NOT NULL
) STRICT;

-- Changes of the register that belong together: the events from the first to the last.
CREATE TABLE change_set (
    number      INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    object      TEXT NOT NULL,
    -- The import that it came from or decided.
    import      INTEGER REFERENCES workbook_import (number),
    first_event INTEGER NOT NULL REFERENCES event (number),
    last_event  INTEGER NOT NULL REFERENCES event (number),
    -- JSON: fields with their values before and after.
    fields      TEXT NOT NULL,
    -- The change set that took it back.
    undone_by   INTEGER REFERENCES change_set (number)
) STRICT;
CREATE INDEX change_set_event ON change_set (first_event);
