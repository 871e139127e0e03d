-- Schema 3: hosts that no token enrolled, and their reports that wait for a person.

-- The same with an optional token: a host that is known by a signed file alone has none.
CREATE TABLE agent_with_optional_token (
    id                    BLOB PRIMARY KEY,
    observer              INTEGER NOT NULL UNIQUE REFERENCES observer (number),
    token                 BLOB REFERENCES enrolment_token (id),
    host_name             TEXT NOT NULL,
    kind                  TEXT NOT NULL,
    state                 TEXT NOT NULL,
    public_key_hash       BLOB NOT NULL,
    certificate_not_after INTEGER NOT NULL,
    enrolled_at           INTEGER NOT NULL,
    software_version      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO agent_with_optional_token SELECT * FROM agent;
DROP TABLE agent;
ALTER TABLE agent_with_optional_token RENAME TO agent;
CREATE INDEX agent_public_key ON agent (public_key_hash);

-- Signed files of hosts that wait. They go when the host is approved or revoked.
CREATE TABLE carried_report (
    agent       BLOB NOT NULL REFERENCES agent (id),
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    file        BLOB NOT NULL,
    PRIMARY KEY (agent, epoch, sequence)
) STRICT, WITHOUT ROWID;
