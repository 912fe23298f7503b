package collect

import (
	"context"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema/form"
)

// keyValue parts the values of a key of several columns.
const keyValue = "\x1f"

// takeKeys keeps the values that one entry only may have, and says which are taken.
func (w *writing) takeKeys(ctx context.Context, e *Entry) (taken []errs.Field, err error) {
	keys := keysOf(w.desk.form.Definition)
	if len(keys) == 0 {
		return nil, nil
	}
	if _, err := w.tx.Exec(ctx, `DELETE FROM entry_keys WHERE resource = $1 AND entry = $2`, e.Resource, e.ID); err != nil {
		return nil, err
	}
	return w.newKeys(ctx, e)
}

// newKeys is takeKeys for an entry that holds none yet.
func (w *writing) newKeys(ctx context.Context, e *Entry) (taken []errs.Field, err error) {
	if e.State == Removed || e.State == Refused || e.Draft {
		return nil, nil
	}
	for _, key := range keysOf(w.desk.form.Definition) {
		values := make([]string, len(key))
		for i, name := range key {
			values[i] = e.Values[name]
		}
		value := strings.Join(values, keyValue)
		if strings.Trim(value, keyValue) == "" {
			continue
		}
		n, err := w.tx.Exec(ctx, `INSERT INTO entry_keys (resource, name, value, entry) VALUES ($1, $2, $3, $4) ON CONFLICT (resource, name, value) DO NOTHING`,
			e.Resource, strings.Join(key, keyValue), digestText(value), e.ID)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			taken = append(taken, errs.Field{Name: key[0], Key: "collect.entry.twice", Args: errs.Args{"Value": strings.Join(values, " · ")}})
		}
	}
	return taken, nil
}

// keysOf lists the columns whose values are of one row only.
func keysOf(d *form.Definition) [][]string {
	s := d.Schema
	var keys [][]string
	if len(s.PrimaryKey) > 0 {
		keys = append(keys, s.PrimaryKey)
	}
	keys = append(keys, s.UniqueKeys...)
	for i := range s.Fields {
		if s.Fields[i].Constraints.Unique {
			keys = append(keys, []string{s.Fields[i].Name})
		}
	}
	return keys
}
