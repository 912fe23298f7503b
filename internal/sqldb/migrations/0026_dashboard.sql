-- +goose Up

-- Boards that somebody arranged; owner is an organisation, or '' for the territory.
-- A board without a row is made from the tables there are, each time it is read.
CREATE TABLE boards (
    owner      TEXT PRIMARY KEY,
    blocks     TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE boards;
