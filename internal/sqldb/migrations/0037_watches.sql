-- +goose Up

-- Addresses on the web from which a table is renewed, at a rhythm (hour, day,
-- week, month). settings says how the file is read, problem why it could not be
-- (JSON both); hash is the SHA-256 of what was last read; personal lists what in it
-- is about persons and was decided on, with spaces between.
CREATE TABLE watches (
    resource     TEXT PRIMARY KEY,
    dataset      TEXT NOT NULL,
    organisation TEXT NOT NULL,
    address      TEXT NOT NULL,
    rhythm       TEXT NOT NULL,
    settings     TEXT NOT NULL,
    state        TEXT NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    problem      TEXT NOT NULL DEFAULT '',
    etag         TEXT NOT NULL DEFAULT '',
    hash         TEXT NOT NULL DEFAULT '',
    personal     TEXT NOT NULL DEFAULT '',
    checked_at   BIGINT,
    changed_at   BIGINT,
    next_at      BIGINT NOT NULL,
    set_by       TEXT NOT NULL,
    set_at       BIGINT NOT NULL
) STRICT;
CREATE INDEX watches_next ON watches (next_at);
CREATE INDEX watches_organisation ON watches (organisation);

-- A deposit may come from an address, to be watched once it is published; watched
-- is true of one that a watch has brought.
ALTER TABLE deposits ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN rhythm TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN watched BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE deposits DROP COLUMN watched;
ALTER TABLE deposits DROP COLUMN rhythm;
ALTER TABLE deposits DROP COLUMN link;
DROP TABLE watches;
