-- +goose Up

-- What changed from one version of a table to another. Counts are here, to be
-- listed; details is a blob.
CREATE TABLE version_differences (
    old_version TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    new_version TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    added       BIGINT NOT NULL,
    removed     BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    columns     BIGINT NOT NULL,
    details     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (old_version, new_version)
) STRICT;
CREATE INDEX version_differences_new ON version_differences (new_version);

-- +goose Down
DROP TABLE version_differences;
