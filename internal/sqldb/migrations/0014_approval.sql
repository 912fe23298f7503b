-- +goose Up

-- What an organisation asks before anything becomes public.
CREATE TABLE publication_rules (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    approval     BOOLEAN NOT NULL
) STRICT;

-- What is left of a dataset that was public and is deleted: one row for each
-- address that it had.
CREATE TABLE dataset_traces (
    slug         TEXT PRIMARY KEY,
    dataset      TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    title        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    deleted_by   TEXT NOT NULL,
    deleted_at   BIGINT NOT NULL
) STRICT;

-- A deposit that is ready may wait for an approval, then for its date. answer is
-- the word of a refusal, or what went wrong at the date.
ALTER TABLE deposits ADD COLUMN visibility TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN asked_at BIGINT;
ALTER TABLE deposits ADD COLUMN publish_at BIGINT;
ALTER TABLE deposits ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN answer TEXT NOT NULL DEFAULT '';
ALTER TABLE deposits ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deposits DROP COLUMN answered_by;
ALTER TABLE deposits DROP COLUMN answer;
ALTER TABLE deposits DROP COLUMN approved_by;
ALTER TABLE deposits DROP COLUMN publish_at;
ALTER TABLE deposits DROP COLUMN asked_at;
ALTER TABLE deposits DROP COLUMN asked_by;
ALTER TABLE deposits DROP COLUMN note;
ALTER TABLE deposits DROP COLUMN visibility;
DROP TABLE dataset_traces;
DROP TABLE publication_rules;
