-- +goose Up

-- How the file of a shared check was read, where a person said so: it is read so again
-- when its report is downloaded.
ALTER TABLE shared_checks ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE shared_checks DROP COLUMN settings;
