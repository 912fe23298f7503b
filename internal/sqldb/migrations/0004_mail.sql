-- +goose Up

-- Messages to send, being sent, sent, or kept because no mail server is set.
-- The body of a sent message is emptied: it may hold a link that opens an account.
CREATE TABLE mails (
    id          TEXT PRIMARY KEY,
    state       TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    reply_to    TEXT NOT NULL DEFAULT '',
    unsubscribe TEXT NOT NULL DEFAULT '',
    subject     TEXT NOT NULL,
    text_body   TEXT NOT NULL,
    html_body   TEXT NOT NULL DEFAULT '',
    attempts    BIGINT NOT NULL DEFAULT 0,
    problem     TEXT NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    sent_at     BIGINT
) STRICT;
CREATE INDEX mails_created ON mails (created_at, id);

-- +goose Down
DROP TABLE mails;
