-- +goose Up

-- A file that anyone checked, kept with its report for a day behind a link that
-- cannot be guessed: id is the SHA-256 of what the link holds. File and report
-- are blobs; the size is that of both.
CREATE TABLE shared_checks (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    schema_ref TEXT NOT NULL,
    size       BIGINT NOT NULL,
    lines      BIGINT NOT NULL,
    errors     BIGINT NOT NULL,
    warnings   BIGINT NOT NULL,
    file       TEXT NOT NULL,
    report     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX shared_checks_expiry ON shared_checks (expires_at);

-- +goose Down
DROP TABLE shared_checks;
