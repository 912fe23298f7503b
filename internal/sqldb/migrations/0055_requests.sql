-- +goose Up

-- What somebody could not find, in their words, and what was answered. organisation
-- is to whom it is addressed: null for the host. about is the dataset on whose page it
-- was asked, dataset the one that answers. The answer is sent to person, or to email
-- of who has no account; both are emptied some time after the end. shown is what
-- everyone reads, as it was accepted: '' while it is not public; shown_fold, with the
-- answer, is what words are looked for in.
CREATE TABLE data_requests (
    id           TEXT PRIMARY KEY,
    words        TEXT NOT NULL,
    place        TEXT NOT NULL,
    organisation TEXT REFERENCES organisations (id),
    about        TEXT REFERENCES datasets (id) ON DELETE SET NULL,
    person       TEXT REFERENCES people (id),
    email        TEXT NOT NULL,
    language     TEXT NOT NULL,
    answer       TEXT NOT NULL DEFAULT '',
    dataset      TEXT REFERENCES datasets (id) ON DELETE SET NULL,
    shown        TEXT NOT NULL DEFAULT '',
    shown_fold   TEXT NOT NULL DEFAULT '',
    answered_by  TEXT NOT NULL DEFAULT '',
    revision     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    answered_at  BIGINT,
    closed_at    BIGINT,
    public_at    BIGINT
) STRICT;
CREATE INDEX data_requests_organisation ON data_requests (organisation, id);
CREATE INDEX data_requests_open ON data_requests (id) WHERE closed_at IS NULL;
CREATE INDEX data_requests_public ON data_requests (id) WHERE public_at IS NOT NULL;
CREATE INDEX data_requests_created ON data_requests (created_at);
CREATE INDEX data_requests_about ON data_requests (about);
CREATE INDEX data_requests_dataset ON data_requests (dataset);
CREATE INDEX data_requests_person ON data_requests (person);

-- +goose Down
DROP TABLE data_requests;
