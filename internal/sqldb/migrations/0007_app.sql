-- +goose Up

-- Keys that all processes of a portal share: made once, by the first that
-- needs them. Whoever reads a backup has them.
CREATE TABLE secrets (
    name       TEXT PRIMARY KEY,
    value      BYTEA NOT NULL,
    created_at BIGINT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE secrets;
