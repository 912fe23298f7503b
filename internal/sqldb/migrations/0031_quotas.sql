-- +goose Up

-- What the datasets of an organisation hold, kept up to date as versions are added
-- and counted again each day: bytes of originals and of parts, each blob once; rows
-- of the latest versions. A quota that is null is the portal's; 0 is none.
CREATE TABLE organisation_storage (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    bytes        BIGINT NOT NULL DEFAULT 0,
    row_count    BIGINT NOT NULL DEFAULT 0,
    quota_bytes  BIGINT,
    quota_rows   BIGINT
) STRICT;

CREATE INDEX uploads_organisation ON uploads (organisation);

-- +goose Down
DROP INDEX uploads_organisation;
DROP TABLE organisation_storage;
