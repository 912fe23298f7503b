package v1

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// versions remembers versions opened lately: they never change. Who may see one
// is asked of the catalogue each time.
type versions struct {
	mu   sync.Mutex
	list map[versionKey]knownVersion
}

type versionKey struct {
	resource catalogue.ResourceID
	number   int
}

type knownVersion struct {
	version catalogue.Version
	table   tables.Table
}

// keptVersions is how many are remembered.
const keptVersions = 256

func (v *versions) get(k versionKey) (knownVersion, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.list[k]
	return known, ok
}

func (v *versions) put(k versionKey, known knownVersion) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.list == nil || len(v.list) >= keptVersions {
		v.list = make(map[versionKey]knownVersion, keptVersions)
	}
	v.list[k] = known
}

// writeRows answers with rows that are JSON already; they are not read again.
func writeRows(w http.ResponseWriter, r *http.Request, ans rowsAnswer, rows func(b []byte) []byte) error {
	ans.Rows = nil
	frame, err := json.Marshal(ans)
	if err != nil {
		return err
	}
	// Within a text the quotes would be escaped: this is the member.
	before, after, ok := bytes.Cut(frame, []byte(`"rows":null`))
	if !ok {
		return errors.New("api: an answer without rows")
	}
	body := append(before[:len(before):len(before)], `"rows":`...)
	body = append(append(rows(body), after...), '\n')
	w.Header().Set("Content-Type", "application/json")
	return httpx.WriteBytes(w, r, http.StatusOK, body)
}

// appendRows writes records as objects. Numbers and booleans are bare; the text of
// a record is already in the form of JSON for them.
func appendRows(b []byte, p *tables.Page) []byte {
	names := make([][]byte, len(p.Fields))
	weight := 2
	for i, f := range p.Fields {
		names[i] = append(appendString(nil, f.Name), ':')
		weight += (len(names[i]) + 5) * len(p.Records)
	}
	for _, rec := range p.Records {
		for _, cell := range rec.Cells {
			weight += len(cell)
		}
	}
	b = append(slices.Grow(b, weight+weight/16+1024), '[') // what comes after has room too
	for i, rec := range p.Records {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for j, cell := range rec.Cells {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendCell(append(b, names[j]...), p.Fields[j].Kind, cell)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendCell writes a cell as in tables.Record.
func appendCell(b []byte, k tabular.Kind, cell []byte) []byte {
	switch {
	case cell == nil:
		return append(b, "null"...)
	case k == tabular.Int || k == tabular.Bool || k == tabular.JSON:
		return append(b, cell...)
	case k == tabular.Float && len(cell) > 0 && cell[len(cell)-1] <= '9':
		return append(b, cell...)
	case k == tabular.Float: // an infinity or not-a-number, which JSON does not have
		return append(b, "null"...)
	}
	return appendString(b, cell)
}

// appendString writes a text as JSON (RFC 8259); what is no UTF-8 becomes the
// replacement character.
func appendString[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := plain(s); i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(append(b, s[start:i]...), "\uFFFD"...)
			i++
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// plain is how many bytes at the beginning of a text are written as they are,
// ASCII alone.
func plain[T string | []byte](s T) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}
