-- +goose Up

-- Lists of words (themes, keywords, zones) are JSON arrays here, to be read in
-- one go, and rows of dataset_facets, to be filtered.
CREATE TABLE datasets (
    id               TEXT PRIMARY KEY,
    slug             TEXT NOT NULL,
    organisation     TEXT NOT NULL REFERENCES organisations (id),
    title            TEXT NOT NULL,
    title_fold       TEXT NOT NULL,
    description      TEXT NOT NULL,
    licence          TEXT NOT NULL,
    themes           TEXT NOT NULL,
    keywords         TEXT NOT NULL,
    frequency        TEXT NOT NULL,
    contact_name     TEXT NOT NULL,
    contact_email    TEXT NOT NULL,
    temporal_start   TEXT NOT NULL,
    temporal_end     TEXT NOT NULL,
    zones            TEXT NOT NULL,
    granularity      TEXT NOT NULL,
    language         TEXT NOT NULL,
    schema_id        TEXT NOT NULL,
    schema_version   TEXT NOT NULL,
    state            TEXT NOT NULL,
    revision         BIGINT NOT NULL,
    created_by       TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    modified_at      BIGINT NOT NULL,
    data_at          BIGINT,
    published_at     BIGINT,
    withdrawn_at     BIGINT,
    withdrawn_reason TEXT NOT NULL DEFAULT '',
    demonstration    BOOLEAN NOT NULL DEFAULT FALSE
) STRICT;
-- No index begins with state: SQLite would take it for "published, or of my
-- organisation" and sort all, rather than walk in the order asked.
CREATE INDEX datasets_modified ON datasets (modified_at, id);
CREATE INDEX datasets_organisation ON datasets (organisation, modified_at, id, state);
CREATE INDEX datasets_title ON datasets (title_fold, id);
CREATE INDEX datasets_schema ON datasets (schema_id, modified_at);

-- Every address a dataset ever had: the old ones answer with the new.
CREATE TABLE dataset_slugs (
    slug    TEXT PRIMARY KEY,
    dataset TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    since   BIGINT NOT NULL
) STRICT;
CREATE INDEX dataset_slugs_dataset ON dataset_slugs (dataset);

-- State and organisation are those of the dataset, so that counting by a facet
-- reads one index.
CREATE TABLE dataset_facets (
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    dataset      TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    state        TEXT NOT NULL,
    organisation TEXT NOT NULL,
    PRIMARY KEY (kind, value, dataset)
) STRICT;
CREATE INDEX dataset_facets_count ON dataset_facets (kind, value, state, organisation);
CREATE INDEX dataset_facets_dataset ON dataset_facets (dataset);

CREATE TABLE resources (
    id           TEXT PRIMARY KEY,
    dataset      TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    place        BIGINT NOT NULL,
    title        TEXT NOT NULL,
    description  TEXT NOT NULL,
    format       TEXT NOT NULL,
    media_type   TEXT NOT NULL,
    url          TEXT NOT NULL,
    latest       BIGINT NOT NULL DEFAULT 0,
    public_from  BIGINT NOT NULL DEFAULT 0,
    link_checked BIGINT,
    link_broken  BOOLEAN NOT NULL DEFAULT FALSE,
    created_at   BIGINT NOT NULL,
    modified_at  BIGINT NOT NULL
) STRICT;
CREATE INDEX resources_dataset ON resources (dataset, place);

-- A version never changes, but for its pin (kept by hand from thinning) and the
-- trace of a purge ordered by law.
CREATE TABLE versions (
    id             TEXT PRIMARY KEY,
    resource       TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    number         BIGINT NOT NULL,
    original_blob  TEXT NOT NULL,
    original_bytes BIGINT NOT NULL,
    original_name  TEXT NOT NULL,
    original_type  TEXT NOT NULL,
    column_json    TEXT NOT NULL,
    row_count      BIGINT NOT NULL,
    schema_id      TEXT NOT NULL,
    schema_version TEXT NOT NULL,
    report_valid   BOOLEAN NOT NULL,
    report_errors  BIGINT NOT NULL,
    report_blob    TEXT NOT NULL,
    note           TEXT NOT NULL,
    created_by     TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    pinned         BOOLEAN NOT NULL DEFAULT FALSE,
    purged_at      BIGINT
) STRICT;
CREATE UNIQUE INDEX versions_number ON versions (resource, number);
CREATE INDEX versions_original ON versions (original_blob);
CREATE INDEX versions_report ON versions (report_blob);

CREATE TABLE version_parts (
    version   TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    place     BIGINT NOT NULL,
    blob      TEXT NOT NULL,
    bytes     BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    source    TEXT NOT NULL,
    PRIMARY KEY (version, place)
) STRICT;
CREATE INDEX version_parts_blob ON version_parts (blob);

-- What happened to datasets, numbered in the order of commits: feeds the search
-- index and whoever follows. No foreign key: a deletion stays here.
CREATE TABLE catalogue_changes (
    seq     BIGINT PRIMARY KEY,
    dataset TEXT NOT NULL,
    kind    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    at      BIGINT NOT NULL
) STRICT;
CREATE INDEX catalogue_changes_dataset ON catalogue_changes (dataset, seq);

-- The last number: writers take turns on this row.
CREATE TABLE catalogue_head (
    id  BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL
) STRICT;
INSERT INTO catalogue_head (id, seq) VALUES (1, 0);

-- +goose Down
DROP TABLE catalogue_head;
DROP TABLE catalogue_changes;
DROP TABLE version_parts;
DROP TABLE versions;
DROP TABLE resources;
DROP TABLE dataset_facets;
DROP TABLE dataset_slugs;
DROP TABLE datasets;
