-- +goose Up

-- How often the pages, files and interfaces of a dataset were asked, by day of
-- UTC. Nothing of who asked. A dataset that is gone takes its counts along.
CREATE TABLE usage_days (
    dataset TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    day     TEXT NOT NULL,
    kind    TEXT NOT NULL,
    times   BIGINT NOT NULL,
    PRIMARY KEY (dataset, day, kind)
) STRICT;
CREATE INDEX usage_days_day ON usage_days (day);

-- +goose Down
DROP TABLE usage_days;
