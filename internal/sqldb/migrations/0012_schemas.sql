-- +goose Up

-- The national catalogue of schemas as it was last read at its address, and the
-- descriptors of it that were asked for: both are used when the network is
-- missing. fetched_at is of the last good answer, tried_at of the last attempt;
-- failure is the message key of why it failed, '' when it did not.
CREATE TABLE schema_catalogues (
    address    TEXT PRIMARY KEY,
    etag       TEXT NOT NULL,
    body       TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    tried_at   BIGINT NOT NULL,
    failure    TEXT NOT NULL
) STRICT;

CREATE TABLE schema_descriptors (
    address    TEXT PRIMARY KEY,
    etag       TEXT NOT NULL,
    body       TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE schema_descriptors;
DROP TABLE schema_catalogues;
