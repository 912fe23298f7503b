-- +goose Up

-- The schemas of which the tables of the territory make one dataset. dataset and
-- resource are '' until the first table joins. form is what the host chose (JSON).
CREATE TABLE consolidations (
    schema_id    TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    dataset      TEXT NOT NULL DEFAULT '',
    resource     TEXT NOT NULL DEFAULT '',
    form         TEXT NOT NULL,
    revision     BIGINT NOT NULL,
    -- What the last version was made of: recipe tells the same from another.
    recipe          TEXT NOT NULL DEFAULT '',
    row_count       BIGINT NOT NULL DEFAULT 0,
    duplicate_keys  BIGINT NOT NULL DEFAULT 0,
    duplicate_rows  BIGINT NOT NULL DEFAULT 0,
    duplicates_blob TEXT NOT NULL DEFAULT '',
    built_at        BIGINT,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    changed_by   TEXT NOT NULL,
    changed_at   BIGINT NOT NULL
) STRICT;
CREATE INDEX consolidations_dataset ON consolidations (dataset);

-- A table that is part of a consolidation, as it was last read. aligned holds its
-- right rows with the columns of the schema; part is what is in the version, the
-- same unless duplicates were left out; keys are their keys. left_out says why the
-- whole table is not there, '' when it is.
CREATE TABLE consolidation_sources (
    schema_id     TEXT NOT NULL REFERENCES consolidations (schema_id) ON DELETE CASCADE,
    resource      TEXT NOT NULL,
    dataset       TEXT NOT NULL,
    organisation  TEXT NOT NULL,
    version       TEXT NOT NULL,
    version_at    BIGINT NOT NULL,
    recipe        TEXT NOT NULL,
    aligned_blob  TEXT NOT NULL DEFAULT '',
    aligned_bytes BIGINT NOT NULL DEFAULT 0,
    aligned_rows  BIGINT NOT NULL DEFAULT 0,
    keys_blob     TEXT NOT NULL DEFAULT '',
    part_recipe   TEXT NOT NULL DEFAULT '',
    part_blob     TEXT NOT NULL DEFAULT '',
    part_bytes    BIGINT NOT NULL DEFAULT 0,
    part_rows     BIGINT NOT NULL DEFAULT 0,
    wrong_rows    BIGINT NOT NULL DEFAULT 0,
    report_blob   TEXT NOT NULL DEFAULT '',
    rows_blob     TEXT NOT NULL DEFAULT '',
    left_out      TEXT NOT NULL DEFAULT '',
    told_at       BIGINT,
    PRIMARY KEY (schema_id, resource)
) STRICT;
CREATE INDEX consolidation_sources_dataset ON consolidation_sources (dataset);
CREATE INDEX consolidation_sources_organisation ON consolidation_sources (organisation);

-- +goose Down
DROP TABLE consolidation_sources;
DROP TABLE consolidations;
