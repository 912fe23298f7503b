-- +goose Up

-- A person is never deleted: closing empties what names them and keeps the id,
-- so that what they did still has an author.
CREATE TABLE people (
    id           TEXT PRIMARY KEY,
    email        TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    name         TEXT NOT NULL,
    language     TEXT NOT NULL,
    password     TEXT NOT NULL DEFAULT '',
    host_roles   BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    signed_in_at BIGINT,
    closed_at    BIGINT
) STRICT;
CREATE UNIQUE INDEX people_email ON people (email_key);

-- A secret of 256 bits is in the cookie; its SHA-256 is here. After a rotation
-- the secret before is good for a moment, for the requests under way.
CREATE TABLE sessions (
    id             TEXT PRIMARY KEY,
    hash           TEXT NOT NULL,
    previous       TEXT NOT NULL DEFAULT '',
    previous_until BIGINT,
    person         TEXT NOT NULL REFERENCES people (id),
    network        TEXT NOT NULL,
    agent          TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    rotated_at     BIGINT NOT NULL,
    seen_at        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_previous ON sessions (previous);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Attempts to sign in, counted by hashed account and network.
CREATE TABLE sign_in_attempts (
    id         TEXT PRIMARY KEY,
    failures   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX sign_in_attempts_expires ON sign_in_attempts (expires_at);

CREATE TABLE organisations (
    id            TEXT PRIMARY KEY,
    slug          TEXT NOT NULL,
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL,
    kind          TEXT NOT NULL,
    siren         TEXT NOT NULL DEFAULT '',
    insee         TEXT NOT NULL DEFAULT '',
    parent        TEXT REFERENCES organisations (id),
    territory     TEXT NOT NULL DEFAULT '',
    description   TEXT NOT NULL DEFAULT '',
    website       TEXT NOT NULL DEFAULT '',
    email         TEXT NOT NULL DEFAULT '',
    logo          TEXT NOT NULL DEFAULT '',
    demonstration BOOLEAN NOT NULL DEFAULT FALSE,
    revision      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX organisations_siren ON organisations (siren) WHERE siren <> '';
CREATE INDEX organisations_name ON organisations (name_fold, id);
CREATE INDEX organisations_insee ON organisations (insee) WHERE insee <> '';
CREATE INDEX organisations_parent ON organisations (parent);

-- Every address an organisation ever had: the old ones answer with the new.
CREATE TABLE organisation_slugs (
    slug         TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    since        BIGINT NOT NULL
) STRICT;
CREATE INDEX organisation_slugs_organisation ON organisation_slugs (organisation);

CREATE TABLE members (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    person       TEXT NOT NULL REFERENCES people (id),
    role         BIGINT NOT NULL,
    since        BIGINT NOT NULL,
    PRIMARY KEY (organisation, person)
) STRICT;
CREATE INDEX members_person ON members (person);

-- A secret that works once: first administrator, invitation, password reset.
CREATE TABLE one_time_links (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    email        TEXT NOT NULL DEFAULT '',
    person       TEXT REFERENCES people (id),
    organisation TEXT REFERENCES organisations (id),
    role         BIGINT NOT NULL DEFAULT 0,
    host_roles   BIGINT NOT NULL DEFAULT 0,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT
) STRICT;
CREATE UNIQUE INDEX one_time_links_hash ON one_time_links (hash);
CREATE INDEX one_time_links_organisation ON one_time_links (organisation);
CREATE INDEX one_time_links_person ON one_time_links (person);
CREATE INDEX one_time_links_expires ON one_time_links (expires_at);

-- A token belongs to a person (perhaps bound to one organisation) or to an
-- organisation alone.
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL,
    name         TEXT NOT NULL,
    hint         TEXT NOT NULL,
    person       TEXT REFERENCES people (id),
    organisation TEXT REFERENCES organisations (id),
    scopes       BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    used_at      BIGINT,
    revoked_at   BIGINT
) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_person ON tokens (person);
CREATE INDEX tokens_organisation ON tokens (organisation);

-- Who did what. Rows are only added; each holds the hash of the one before, so
-- that a removed or changed row shows.
CREATE TABLE audit (
    seq          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    network      TEXT NOT NULL,
    verb         TEXT NOT NULL,
    object       TEXT NOT NULL,
    organisation TEXT NOT NULL,
    before_json  TEXT NOT NULL,
    after_json   TEXT NOT NULL,
    previous     TEXT NOT NULL,
    hash         TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_organisation ON audit (organisation, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

-- The end of the chain: writers take turns on this row.
CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE tokens;
DROP TABLE one_time_links;
DROP TABLE members;
DROP TABLE organisation_slugs;
DROP TABLE organisations;
DROP TABLE sign_in_attempts;
DROP TABLE sessions;
DROP TABLE people;
