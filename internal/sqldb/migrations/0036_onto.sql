-- +goose Up

-- The rows of the version before that stay, as one Parquet file, when the rows of
-- an import replace some of them.
ALTER TABLE imports ADD COLUMN kept TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN kept_size BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE imports DROP COLUMN kept_size;
ALTER TABLE imports DROP COLUMN kept;
