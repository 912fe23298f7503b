-- +goose Up

-- What was decided on personal data in a deposit: for which revision of its import
-- (0: nothing yet), and why the columns that are kept may be published.
ALTER TABLE deposits ADD COLUMN protected BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deposits ADD COLUMN kept TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deposits DROP COLUMN kept;
ALTER TABLE deposits DROP COLUMN protected;
