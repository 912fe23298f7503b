-- +goose Up

-- A photo is known by the SHA-256 of what was sent (blob); what is kept of it, without
-- what its device wrote into it, is another blob. '' until the bytes are there.
ALTER TABLE entry_files ADD COLUMN kept TEXT NOT NULL DEFAULT '';
UPDATE entry_files SET kept = blob WHERE received;
DROP INDEX entry_files_blob;
CREATE INDEX entry_files_kept ON entry_files (kept);

-- +goose Down
DROP INDEX entry_files_kept;
ALTER TABLE entry_files DROP COLUMN kept;
CREATE INDEX entry_files_blob ON entry_files (blob);
