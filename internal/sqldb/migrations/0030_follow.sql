-- +goose Up

-- Who is told of what: the whole portal, an organisation, a dataset, a search. A
-- follow belongs to a person, or to an address whose holder has confirmed it by a
-- secret sent there. Nobody follows the same twice by mail: who_what.
-- after_seq is the last number of catalogue_changes that was told; due_at, when to
-- look for news: null for what waits for an event. paused_at: a webhook that fails.
CREATE TABLE follows (
    id           TEXT PRIMARY KEY,
    channel      TEXT NOT NULL,
    person       TEXT REFERENCES people (id),
    email        TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    language     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    organisation TEXT REFERENCES organisations (id),
    dataset      TEXT REFERENCES datasets (id) ON DELETE CASCADE,
    search       TEXT NOT NULL,
    pace         TEXT NOT NULL,
    who_what     TEXT NOT NULL,
    after_seq    BIGINT NOT NULL,
    due_at       BIGINT,
    told_at      BIGINT,
    created_at   BIGINT NOT NULL,
    confirm_hash TEXT NOT NULL DEFAULT '',
    asked_at     BIGINT,
    confirmed_at BIGINT,
    paused_at    BIGINT
) STRICT;
CREATE UNIQUE INDEX follows_who_what ON follows (who_what) WHERE channel = 'mail';
CREATE INDEX follows_due ON follows (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX follows_person ON follows (person);
CREATE INDEX follows_email ON follows (email_key);
CREATE INDEX follows_organisation ON follows (organisation);
CREATE INDEX follows_dataset ON follows (dataset);
CREATE INDEX follows_confirm ON follows (confirm_hash) WHERE confirm_hash <> '';

-- The secret that signs is derived from a key of the portal, the follow and
-- generation, which a new secret raises.
CREATE TABLE webhooks (
    follow     TEXT PRIMARY KEY REFERENCES follows (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    url        TEXT NOT NULL,
    generation BIGINT NOT NULL,
    problem    TEXT NOT NULL DEFAULT ''
) STRICT;

-- One at a time is on its way for a webhook, tests aside. body is emptied once it
-- has arrived or failed for good; status is the last HTTP status answered, 0 for none.
CREATE TABLE webhook_deliveries (
    id          TEXT PRIMARY KEY,
    follow      TEXT NOT NULL REFERENCES follows (id) ON DELETE CASCADE,
    state       TEXT NOT NULL,
    test        BOOLEAN NOT NULL,
    body        TEXT NOT NULL,
    event_count BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    status      BIGINT NOT NULL DEFAULT 0,
    problem     TEXT NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    next_at     BIGINT,
    settled_at  BIGINT
) STRICT;
CREATE INDEX webhook_deliveries_follow ON webhook_deliveries (follow, id);

-- +goose Down
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
DROP TABLE follows;
