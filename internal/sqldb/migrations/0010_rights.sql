-- +goose Up

-- An organisation that joined another, as communes that merge do: its address
-- leads to the other's.
ALTER TABLE organisations ADD COLUMN merged_into TEXT REFERENCES organisations (id);
ALTER TABLE organisations ADD COLUMN merged_at BIGINT;

-- Professional mail domains of an organisation: who has a verified address there
-- may ask to join.
CREATE TABLE organisation_domains (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    domain       TEXT NOT NULL,
    PRIMARY KEY (organisation, domain)
) STRICT;
CREATE INDEX organisation_domains_domain ON organisation_domains (domain);

CREATE TABLE join_requests (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    person       TEXT NOT NULL REFERENCES people (id),
    asked_at     BIGINT NOT NULL,
    decided_at   BIGINT,
    decided_by   TEXT NOT NULL DEFAULT '',
    role         BIGINT NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX join_requests_open ON join_requests (organisation, person) WHERE decided_at IS NULL;
CREATE INDEX join_requests_person ON join_requests (person);

-- Written mandates: delegate publishes for organisation, from the day starts_at
-- (included) to ends_at (excluded; null: without end) unless revoked. reference
-- names the deliberation or the agreement.
CREATE TABLE mandates (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    delegate     TEXT NOT NULL REFERENCES organisations (id),
    reference    TEXT NOT NULL,
    document     TEXT NOT NULL DEFAULT '',
    starts_at    BIGINT NOT NULL,
    ends_at      BIGINT,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    revoked_by   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX mandates_organisation ON mandates (organisation);
CREATE INDEX mandates_delegate ON mandates (delegate);

-- The last line of the audit that its retention removed: the chain is verified
-- from there on.
ALTER TABLE audit_head ADD COLUMN kept_after BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_head ADD COLUMN kept_hash TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE audit_head DROP COLUMN kept_hash;
ALTER TABLE audit_head DROP COLUMN kept_after;
DROP TABLE mandates;
DROP TABLE join_requests;
DROP TABLE organisation_domains;
ALTER TABLE organisations DROP COLUMN merged_at;
ALTER TABLE organisations DROP COLUMN merged_into;
