-- +goose Up

-- An address is verified once its holder has opened a link that was sent to it
-- and shown to nobody else; accounts of identity providers join by it alone.
ALTER TABLE people ADD COLUMN email_verified_at BIGINT;

-- How the session was opened: "password", "link", "passkey" or the identifier of
-- a provider; strong: with a second proof. hint is what the provider wants back
-- when the person signs out there too. confirmed_at: when the person last proved
-- to be in front of the screen; null: when the session was opened.
ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN strong BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN hint TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT;

-- What a token of an organisation may do there: 4, the administrator, before
-- the choice was offered.
ALTER TABLE tokens ADD COLUMN role BIGINT NOT NULL DEFAULT 4;

-- The secret that a person's application makes codes from (RFC 6238). It counts
-- once confirmed by a code; last_step keeps a code from being used twice.
CREATE TABLE one_time_codes (
    person       TEXT PRIMARY KEY REFERENCES people (id),
    secret       TEXT NOT NULL,
    last_step    BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT
) STRICT;

-- Codes on paper, for when the telephone is lost: SHA-256 of 80 random bits.
CREATE TABLE recovery_codes (
    person  TEXT NOT NULL REFERENCES people (id),
    hash    TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person, hash)
) STRICT;

-- Public keys of WebAuthn. credential is the record of the library, as JSON.
CREATE TABLE passkeys (
    id         TEXT PRIMARY KEY,
    key_id     TEXT NOT NULL,
    person     TEXT NOT NULL REFERENCES people (id),
    name       TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT
) STRICT;
CREATE UNIQUE INDEX passkeys_key_id ON passkeys (key_id);
CREATE INDEX passkeys_person ON passkeys (person);

-- Accounts at identity providers that open an account here.
CREATE TABLE linked_accounts (
    id        TEXT PRIMARY KEY,
    provider  TEXT NOT NULL,
    subject   TEXT NOT NULL,
    person    TEXT NOT NULL REFERENCES people (id),
    email     TEXT NOT NULL,
    linked_at BIGINT NOT NULL,
    used_at   BIGINT
) STRICT;
CREATE UNIQUE INDEX linked_accounts_subject ON linked_accounts (provider, subject);
CREATE INDEX linked_accounts_person ON linked_accounts (person);

-- What is remembered between two pages of signing in: the second proof that is
-- waited for, a challenge, a journey to a provider. hash: of the secret that the
-- browser holds.
CREATE TABLE sign_in_steps (
    hash       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    person     TEXT REFERENCES people (id),
    data       TEXT NOT NULL,
    failures   BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX sign_in_steps_expires ON sign_in_steps (expires_at);
CREATE INDEX sign_in_steps_person ON sign_in_steps (person);

-- +goose Down
DROP TABLE sign_in_steps;
DROP TABLE linked_accounts;
DROP TABLE passkeys;
DROP TABLE recovery_codes;
DROP TABLE one_time_codes;
ALTER TABLE tokens DROP COLUMN role;
ALTER TABLE sessions DROP COLUMN confirmed_at;
ALTER TABLE sessions DROP COLUMN hint;
ALTER TABLE sessions DROP COLUMN strong;
ALTER TABLE sessions DROP COLUMN method;
ALTER TABLE people DROP COLUMN email_verified_at;
