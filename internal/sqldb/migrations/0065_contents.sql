-- +goose Up

-- What is left of a table, a file or a link that was public and was taken out of its
-- dataset. reason is in the words of who did it, '' when they gave none.
CREATE TABLE resource_traces (
    resource   TEXT PRIMARY KEY,
    dataset    TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    removed_by TEXT NOT NULL,
    removed_at BIGINT NOT NULL
) STRICT;
CREATE INDEX resource_traces_dataset ON resource_traces (dataset);

-- The title of the table that a deposit adds to a dataset: '' when it renews one, or
-- begins the dataset.
ALTER TABLE deposits ADD COLUMN new_table TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deposits DROP COLUMN new_table;
DROP TABLE resource_traces;
