-- +goose Up

-- Of the last letter about the entries of a form that wait: when it was written, and
-- the last change of its table that it told of.
ALTER TABLE forms ADD COLUMN told_at BIGINT;
ALTER TABLE forms ADD COLUMN told_seq BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE forms DROP COLUMN told_seq;
ALTER TABLE forms DROP COLUMN told_at;
