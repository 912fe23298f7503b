package check

import (
	"bytes"
	"encoding/json"

	"socle/internal/i18n"
)

// UnmarshalJSON reads a report that was kept with encoding/json, so that it says
// the same again in any language.
func (r *Report) UnmarshalJSON(b []byte) error {
	type plain Report
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode((*plain)(r)); err != nil {
		return err
	}
	for _, list := range [][]Fault{r.Errors, r.Warnings} {
		for i := range list {
			list[i].field = r.fieldOf(list[i].Field)
			restoreArgs(list[i].Args)
		}
	}
	for i := range r.Groups {
		r.Groups[i].field = r.fieldOf(r.Groups[i].Field)
		restoreArgs(r.Groups[i].Args)
	}
	return nil
}

func (r *Report) fieldOf(name string) int {
	if r.Schema == nil || name == "" {
		return -1
	}
	return r.Schema.Field(name)
}

// restoreArgs gives numbers and lists of names back the types that they had.
func restoreArgs(args i18n.Args) {
	for k, v := range args {
		switch v := v.(type) {
		case json.Number:
			if whole, err := v.Int64(); err == nil {
				args[k] = int(whole)
			} else if real, err := v.Float64(); err == nil {
				args[k] = real
			}
		case []any:
			texts := make([]string, 0, len(v))
			for _, x := range v {
				if s, ok := x.(string); ok {
					texts = append(texts, s)
				}
			}
			args[k] = texts
		}
	}
}
