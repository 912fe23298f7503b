-- +goose Up

-- The path from a file to a public page, as an agent walks it. Its description
-- is a draft (JSON) until it is published.
CREATE TABLE deposits (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    state        TEXT NOT NULL,
    revision     BIGINT NOT NULL,
    dataset      TEXT NOT NULL DEFAULT '',
    resource     TEXT NOT NULL DEFAULT '',
    upload       TEXT NOT NULL DEFAULT '',
    import       TEXT NOT NULL DEFAULT '',
    description  TEXT NOT NULL,
    described    BOOLEAN NOT NULL DEFAULT FALSE,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    changed_by   TEXT NOT NULL,
    changed_at   BIGINT NOT NULL
) STRICT;
CREATE INDEX deposits_organisation ON deposits (organisation, state, changed_at);
CREATE INDEX deposits_import ON deposits (import);

-- +goose Down
DROP TABLE deposits;
