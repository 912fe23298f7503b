-- +goose Up

-- Links are tried at a rhythm: how often one did not answer in a row, why (JSON of
-- who tried), and when it is tried next (0: as soon as possible).
ALTER TABLE resources ADD COLUMN link_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resources ADD COLUMN link_problem TEXT NOT NULL DEFAULT '';
ALTER TABLE resources ADD COLUMN link_next BIGINT NOT NULL DEFAULT 0;
CREATE INDEX resources_links ON resources (link_next) WHERE kind = 'link';

-- +goose Down
DROP INDEX resources_links;
ALTER TABLE resources DROP COLUMN link_next;
ALTER TABLE resources DROP COLUMN link_problem;
ALTER TABLE resources DROP COLUMN link_failures;
