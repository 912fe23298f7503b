-- +goose Up

-- How many entries of a table are in each state.
CREATE INDEX entries_state ON entries (resource, state);

-- +goose Down
DROP INDEX entries_state;
