package tables

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"socle/internal/i18n"
)

// failureArg is an argument of a message as it is kept: its type decides how it
// is written, and JSON alone would forget it.
type failureArg struct {
	Kind  string          `json:"kind"` // bytes, number, time, int or "" (as JSON has it)
	Value json.RawMessage `json:"value"`
}

// MarshalJSON keeps the types of the arguments.
func (f Failure) MarshalJSON() ([]byte, error) {
	kept := struct {
		Key  string
		Args map[string]failureArg
		Hint string
	}{f.Key, map[string]failureArg{}, f.Hint}
	for name, v := range f.Args {
		a := failureArg{}
		switch v.(type) {
		case i18n.Bytes:
			a.Kind = "bytes"
		case i18n.Number:
			a.Kind = "number"
		case time.Time:
			a.Kind = "time"
		case int, int64:
			a.Kind = "int"
		case fmt.Stringer:
			v = fmt.Sprint(v)
		}
		var err error
		if a.Value, err = json.Marshal(v); err != nil {
			return nil, err
		}
		kept.Args[name] = a
	}
	return json.Marshal(kept)
}

// UnmarshalJSON reads what MarshalJSON wrote, and arguments kept without a type.
func (f *Failure) UnmarshalJSON(data []byte) error {
	var kept struct {
		Key  string
		Args map[string]json.RawMessage
		Hint string
	}
	if err := json.Unmarshal(data, &kept); err != nil {
		return err
	}
	*f = Failure{Key: kept.Key, Args: map[string]any{}, Hint: kept.Hint}
	for name, raw := range kept.Args {
		var a failureArg
		if bytes.HasPrefix(raw, []byte("{")) {
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			raw = a.Value
		}
		v, err := argument(a.Kind, raw)
		if err != nil {
			return err
		}
		f.Args[name] = v
	}
	return nil
}

func argument(kind string, raw json.RawMessage) (any, error) {
	switch kind {
	case "bytes":
		return decoded[i18n.Bytes](raw)
	case "number":
		return decoded[i18n.Number](raw)
	case "time":
		return decoded[time.Time](raw)
	case "int":
		return decoded[int64](raw)
	}
	return decoded[any](raw)
}

func decoded[T any](raw json.RawMessage) (v any, err error) {
	var x T
	err = json.Unmarshal(raw, &x)
	return x, err
}
