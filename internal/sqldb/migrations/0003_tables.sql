-- +goose Up

-- A file on its way in. Its bytes arrive in chunks, each a blob, so that an
-- upload goes on after a cut, on any replica.
CREATE TABLE uploads (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    person       TEXT NOT NULL,
    name         TEXT NOT NULL,
    size         BIGINT NOT NULL,
    received     BIGINT NOT NULL DEFAULT 0,
    blob         TEXT NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
) STRICT;
CREATE INDEX uploads_changed ON uploads (changed_at);

CREATE TABLE upload_chunks (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    start  BIGINT NOT NULL,
    size   BIGINT NOT NULL,
    blob   TEXT NOT NULL,
    PRIMARY KEY (upload, start)
) STRICT;

-- One reading of a file: how it is read, against which schema, with which
-- repairs, and what came out. Parquet and report are blobs.
CREATE TABLE imports (
    id            TEXT PRIMARY KEY,
    upload        TEXT NOT NULL,
    organisation  TEXT NOT NULL,
    person        TEXT NOT NULL,
    name          TEXT NOT NULL,
    original      TEXT NOT NULL,
    original_size BIGINT NOT NULL,
    settings      TEXT NOT NULL,
    revision      BIGINT NOT NULL,
    state         TEXT NOT NULL,
    outcome       TEXT NOT NULL DEFAULT '',
    failure       TEXT NOT NULL DEFAULT '',
    report        TEXT NOT NULL DEFAULT '',
    mended        TEXT NOT NULL DEFAULT '',
    mended_size   BIGINT NOT NULL DEFAULT 0,
    parquet       TEXT NOT NULL DEFAULT '',
    parquet_size  BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX imports_upload ON imports (upload);
CREATE INDEX imports_changed ON imports (changed_at);

-- +goose Down
DROP TABLE imports;
DROP TABLE upload_chunks;
DROP TABLE uploads;
