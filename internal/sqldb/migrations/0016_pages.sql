-- +goose Up

-- Pages of text that the host wrote instead of those that come with Socle.
CREATE TABLE pages (
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (name, language)
) STRICT;

-- +goose Down
DROP TABLE pages;
