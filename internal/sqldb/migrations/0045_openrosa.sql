-- +goose Up

-- What clients of OpenRosa sent, by a hash of the identifier that the client gave it.
-- digest is of its XML: another one under the same identifier is refused. root is the
-- hash of the first submission of the entry, of which edits are others. revision of the
-- entry that it made; 0: it is not an entry yet.
CREATE TABLE openrosa_submissions (
    form        TEXT NOT NULL REFERENCES forms (id) ON DELETE CASCADE,
    instance    TEXT NOT NULL,
    root        TEXT NOT NULL,
    digest      TEXT NOT NULL,
    entry       TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (form, instance)
) STRICT;

-- +goose Down
DROP TABLE openrosa_submissions;
