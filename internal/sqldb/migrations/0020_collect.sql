-- +goose Up

-- The tables whose rows people enter. seq numbers the changes of their entries:
-- writers of one table take turns on its row, so numbers appear in the order of
-- commits and who reads after one never misses another. due: a job will cut a
-- version. cut_seq is the last change that is in a version.
CREATE TABLE entry_tables (
    resource       TEXT PRIMARY KEY REFERENCES resources (id) ON DELETE CASCADE,
    schema_json    TEXT NOT NULL,
    schema_id      TEXT NOT NULL,
    schema_version TEXT NOT NULL,
    seq            BIGINT NOT NULL DEFAULT 0,
    made           BIGINT NOT NULL DEFAULT 0,
    due            BOOLEAN NOT NULL DEFAULT FALSE,
    cut_seq        BIGINT NOT NULL DEFAULT 0,
    cut_version    BIGINT NOT NULL DEFAULT 0,
    opened_by      TEXT NOT NULL,
    opened_at      BIGINT NOT NULL
) STRICT;

CREATE TABLE forms (
    id         TEXT PRIMARY KEY,
    resource   TEXT NOT NULL REFERENCES entry_tables (resource) ON DELETE CASCADE,
    slug       TEXT NOT NULL,
    link_key   TEXT NOT NULL,
    version    BIGINT NOT NULL,
    definition TEXT NOT NULL,
    access     TEXT NOT NULL,
    moderated  BOOLEAN NOT NULL,
    sight      TEXT NOT NULL,
    opens_at   BIGINT,
    closes_at  BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX forms_slug ON forms (slug);
CREATE UNIQUE INDEX forms_link_key ON forms (link_key);
CREATE INDEX forms_resource ON forms (resource);

-- shown is the revision that is in versions, 0 for none: an accepted entry that
-- is changed stays as it was until the change is accepted. place is the order of
-- first arrival. draft: it is kept although something in it is wrong. lon and lat in ten-millionths of a degree.
CREATE TABLE entries (
    resource    TEXT NOT NULL REFERENCES entry_tables (resource) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    form        TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    shown       BIGINT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    data        TEXT NOT NULL,
    draft       BOOLEAN NOT NULL,
    digest      TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    place       BIGINT NOT NULL,
    lon         BIGINT,
    lat         BIGINT,
    revisits    TEXT NOT NULL,
    author      TEXT NOT NULL,
    secret      TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    changed_by  TEXT NOT NULL,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (resource, id)
) STRICT;
CREATE UNIQUE INDEX entries_seq ON entries (resource, seq);
CREATE UNIQUE INDEX entries_place ON entries (resource, place);
CREATE INDEX entries_form ON entries (form, state, seq);

-- What an entry was before its present revision.
CREATE TABLE entry_history (
    resource   TEXT NOT NULL,
    entry      TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    data       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (resource, entry, revision),
    FOREIGN KEY (resource, entry) REFERENCES entries (resource, id) ON DELETE CASCADE
) STRICT;

-- The photos and files of entries. received: the bytes are a blob.
CREATE TABLE entry_files (
    resource TEXT NOT NULL,
    entry    TEXT NOT NULL,
    blob     TEXT NOT NULL,
    field    TEXT NOT NULL,
    name     TEXT NOT NULL,
    type     TEXT NOT NULL,
    size     BIGINT NOT NULL,
    received BOOLEAN NOT NULL,
    PRIMARY KEY (resource, entry, blob),
    FOREIGN KEY (resource, entry) REFERENCES entries (resource, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX entry_files_blob ON entry_files (blob);

-- Values that one entry only may have: of unique columns and of the key.
CREATE TABLE entry_keys (
    resource TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    entry    TEXT NOT NULL,
    PRIMARY KEY (resource, name, value),
    FOREIGN KEY (resource, entry) REFERENCES entries (resource, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX entry_keys_entry ON entry_keys (resource, entry);

-- +goose Down
DROP TABLE entry_keys;
DROP TABLE entry_files;
DROP TABLE entry_history;
DROP TABLE entries;
DROP TABLE forms;
DROP TABLE entry_tables;
