package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"regexp"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// State says how far an entry is.
type State string

// The states.
const (
	Incomplete State = "incomplete" // files are missing, or something in it is wrong (Draft)
	Waiting    State = "waiting"    // for a moderator
	Accepted   State = "accepted"   // it is, or will be within seconds, in a version
	Refused    State = "refused"
	Removed    State = "removed"
)

// States lists the states.
var States = []State{Incomplete, Waiting, Accepted, Refused, Removed}

// Entry is one row that somebody entered.
type Entry struct {
	ID       string
	Resource catalogue.ResourceID
	Form     FormID // "" of one that came with a file, or through the grid
	Revision int
	Shown    int // the revision that is in versions; 0 for none
	State    State
	Reason   string
	Values   form.Values // by the items of the form; empty of one that is not shown
	Files    []File
	Draft    bool      // it is kept although something is wrong: see line.go
	MadeAt   time.Time // by the clock of the device, never after its arrival
	Received time.Time
	Changed  time.Time
	By       string // Actor.Ref of who made it; "" to who may not know
	Changer  string // Actor.Ref of who changed it last; "" likewise
	Mine     bool
	Revisits string // the entry that is seen again here, or ""
	Seq      int64  // of its last change in its table

	secret string
	digest string
	place  int64 // order of first arrival in its table
}

// File is a photo or a file of an entry.
type File struct {
	Field    string
	Name     string
	Type     string
	Size     int64
	Hash     string // SHA-256 of what was sent: how the file is known
	Received bool

	kept blob.Hash // of what is kept of it
}

// content is what the column data of an entry holds.
type content struct {
	Values form.Values `json:"values"`
	Files  []fileJSON  `json:"files,omitempty"`
}

type fileJSON struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	Hash  string `json:"sha256"`
}

const entryColumns = `e.id, e.resource, e.form, e.revision, e.shown, e.state, e.reason, e.data, e.draft, e.digest, e.seq, e.place, e.revisits, e.author, e.secret,
	e.made_at, e.received_at, e.changed_by, e.changed_at`

func scanEntry(r sqldb.Scanner) (e Entry, err error) {
	var data string
	err = r.Scan(&e.ID, &e.Resource, &e.Form, &e.Revision, &e.Shown, &e.State, &e.Reason, &data, &e.Draft, &e.digest, &e.Seq, &e.place, &e.Revisits, &e.By, &e.secret,
		&e.MadeAt, &e.Received, &e.Changer, &e.Changed)
	if err != nil {
		return e, err
	}
	return e, e.read(data)
}

func (e *Entry) read(data string) error {
	var c content
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		return err
	}
	e.Values, e.Files = c.Values, nil
	for _, f := range c.Files {
		e.Files = append(e.Files, File{Field: f.Field, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash})
	}
	return nil
}

func entry1(ctx context.Context, tx *sqldb.Tx, resource catalogue.ResourceID, id string) (Entry, error) {
	e, err := scanEntry(tx.QueryRow(ctx, `SELECT `+entryColumns+` FROM entries e WHERE e.resource = $1 AND e.id = $2`, resource, id))
	if err != nil || len(e.Files) == 0 {
		return e, err
	}
	list := []Entry{e}
	err = receivedFiles(ctx, tx, resource, list)
	return list[0], err
}

// receivedFiles notes which files of entries have arrived, and how large they are.
func receivedFiles(ctx context.Context, tx *sqldb.Tx, resource catalogue.ResourceID, list []Entry) error {
	var with []string
	at := map[string]int{}
	for i := range list {
		if len(list[i].Files) > 0 {
			at[list[i].ID] = i
			with = append(with, list[i].ID)
		}
	}
	for len(with) > 0 {
		page := with[:min(len(with), 500)]
		with = with[len(page):]
		args := append([]any{resource}, sqldb.AnySlice(page)...)
		rows, err := tx.Query(ctx, `SELECT entry, blob, size, kept FROM entry_files WHERE resource = $1 AND received AND entry IN (`+sqldb.Marks(2, len(page))+`)`, args...)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var entry, hash string
			var size int64
			var kept blob.Hash
			if err := r.Scan(&entry, &hash, &size, &kept); err != nil {
				return struct{}{}, err
			}
			files := list[at[entry]].Files
			for i := range files {
				if files[i].Hash == hash {
					files[i].Received, files[i].Size, files[i].kept = true, size, kept
				}
			}
			return struct{}{}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// complete reports whether all its files have arrived.
func (e *Entry) complete() bool {
	for _, f := range e.Files {
		if !f.Received {
			return false
		}
	}
	return true
}

// mine reports whether a visitor made the entry.
func (v Visitor) mine(e *Entry) bool {
	if p := v.Actor.Person(); p != "" && identity.PersonOfRef(e.By) == p {
		return true
	}
	if !v.Actor.IsAnonymous() && v.Actor.Person() == "" && v.Actor.Ref() == e.By {
		return true
	}
	return same(e.secret, hashSecret(v.Secret))
}

// seenBy is an entry as a visitor sees it; ok is false when they do not. What
// others must no longer see is told as removed, so that it goes from their devices.
func (e Entry) seenBy(v Visitor, m may, sight Sight, d *form.Definition) (Entry, bool) {
	e.Mine = v.mine(&e)
	if !m.moderate && !e.Mine {
		if sight != All {
			return Entry{}, false
		}
		if e.State != Accepted {
			e.State, e.Values, e.Files, e.Reason, e.Revisits = Removed, form.Values{}, nil, "", ""
		}
	}
	if !m.member {
		e.By, e.Changer = "", ""
	}
	if e.State == Removed && !m.moderate {
		e.Values, e.Files = form.Values{}, nil
	}
	e.Values = d.Join(e.Values)
	return e, true
}

// entryID: the device makes it, so that sending twice is one entry.
var entryID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// digestOf tells whether two sendings are the same.
func digestOf(v form.Values, files []File, revisits string) string {
	b, err := json.Marshal(struct {
		V form.Values
		F []File
		R string
	}{v, files, revisits})
	if err != nil {
		panic(err) // maps and lists of texts
	}
	return digestText(string(b))
}

func digestText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// position is where an entry lies, as its row keeps it.
func position(d *form.Definition, v form.Values) (lon, lat any) {
	x, y, ok := d.Position(v)
	if !ok {
		return nil, nil
	}
	return int64(math.Round(x * 1e7)), int64(math.Round(y * 1e7))
}
