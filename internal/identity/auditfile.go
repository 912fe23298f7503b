package identity

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"socle/internal/errs"
)

// An exported audit is a file of its lines, the oldest first, as CSV or as JSON Lines.
// It has all that the hashes of the chain are made of, so that it is verified away from
// the portal: VerifyAuditFile. Times have microseconds and are in UTC.

// auditLine is a line as JSON Lines.
type auditLine struct {
	Line         int64           `json:"line"`
	At           time.Time       `json:"at"`
	Actor        string          `json:"actor"`
	Network      string          `json:"network"`
	Verb         string          `json:"verb"`
	Object       string          `json:"object"`
	Organisation OrganisationID  `json:"organisation"`
	Before       json.RawMessage `json:"before"`
	After        json.RawMessage `json:"after"`
	Previous     string          `json:"previous"`
	Hash         string          `json:"hash"`
}

func (l auditLine) entry() AuditEntry {
	return AuditEntry{l.Line, l.At, l.Actor, l.Network, l.Verb, l.Object, l.Organisation, l.Before, l.After, l.Previous, l.Hash}
}

// auditHeader names the columns as CSV.
var auditHeader = []string{"line", "at", "actor", "network", "verb", "object", "organisation", "before", "after", "previous", "hash"}

// AuditFile writes lines of the audit to a file.
type AuditFile struct {
	rows  *csv.Writer   // nil: JSON Lines
	lines *json.Encoder // nil: CSV
}

// NewAuditFile begins a file: JSON Lines, or CSV with a header.
func NewAuditFile(w io.Writer, jsonLines bool) (*AuditFile, error) {
	if jsonLines {
		return &AuditFile{lines: json.NewEncoder(w)}, nil
	}
	f := &AuditFile{rows: csv.NewWriter(w)}
	return f, f.rows.Write(auditHeader)
}

// Write writes a line.
func (f *AuditFile) Write(e AuditEntry) error {
	if f.lines != nil {
		return f.lines.Encode(auditLine{e.Seq, e.At.UTC(), e.Actor, e.Network, e.Verb, e.Object, e.Organisation, e.Before, e.After, e.Previous, e.Hash})
	}
	return f.rows.Write([]string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Network, e.Verb, e.Object, string(e.Organisation), string(e.Before), string(e.After), e.Previous, e.Hash})
}

// End writes what is held back.
func (f *AuditFile) End() error {
	if f.rows == nil {
		return nil
	}
	f.rows.Flush()
	return f.rows.Error()
}

// AuditFileCheck is the outcome of VerifyAuditFile.
type AuditFileCheck struct {
	AuditCheck
	First, Last int64 // numbers of the lines that the file begins and ends with
	Gaps        int64 // of a part: places where lines of others are left out
}

// VerifyAuditFile reads an exported audit and says where it does not hold: a line that
// was changed, removed, added or moved. What a file cannot say by itself: that no line
// was cut off at its end, and that nobody made it anew with hashes of their own; the
// portal's hash of the last line says both.
//
// A part, of one organisation, leaves out lines of others. Each of its lines holds by
// itself, and those that follow each other hold together; that no line is missing in a
// gap cannot be known from it.
// Kinds: Invalid (it is no exported audit, or has no line).
func VerifyAuditFile(r io.Reader, part bool) (c AuditFileCheck, err error) {
	defer errs.Wrap(&err, "identity.VerifyAuditFile")
	next, err := readAudit(r)
	if err != nil {
		return c, err
	}
	for {
		e, err := next()
		switch {
		case errors.Is(err, io.EOF) && c.Lines == 0:
			return c, noAudit(1, nil)
		case errors.Is(err, io.EOF):
			return c, nil
		case err != nil:
			return c, noAudit(c.Lines+1, err)
		}
		if c.Lines == 0 {
			c.First, c.After = e.Seq, e.Seq-1
		}
		follows := c.Lines == 0 && (e.Seq != 1 || e.Previous == "") || c.Lines > 0 && e.Seq == c.Last+1 && e.Previous == c.Hash
		apart := c.Lines > 0 && e.Seq > c.Last+1
		switch {
		case apart && !part:
			c.Broken = c.Last + 1
		case !follows && !apart || e.Hash != e.seal():
			c.Broken = e.Seq
		}
		if c.Broken > 0 {
			return c, nil
		}
		if apart {
			c.Gaps++
		}
		c.Lines++
		c.Last, c.Hash = e.Seq, e.Hash
	}
}

func noAudit(line int64, cause error) error {
	return errs.New(errs.Invalid, "identity.audit-file", errs.Args{"Line": line}).WithHint("identity.audit-file.hint").Because(cause)
}

// readAudit tells the format by the first character, and gives a line at each call,
// io.EOF after the last.
func readAudit(r io.Reader) (next func() (AuditEntry, error), err error) {
	in := bufio.NewReader(r)
	first, err := in.Peek(1)
	if errors.Is(err, io.EOF) {
		return nil, noAudit(1, nil)
	}
	if err != nil {
		return nil, err
	}
	if first[0] == '{' {
		lines := json.NewDecoder(in)
		return func() (AuditEntry, error) {
			var l auditLine
			err := lines.Decode(&l)
			return l.entry(), err
		}, nil
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	if header, err := rows.Read(); err != nil || !slices.Equal(header, auditHeader) {
		return nil, noAudit(1, err)
	}
	return func() (AuditEntry, error) {
		row, err := rows.Read()
		if err != nil {
			return AuditEntry{}, err
		}
		line, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return AuditEntry{}, err
		}
		at, err := time.Parse(time.RFC3339Nano, row[1])
		return AuditEntry{line, at, row[2], row[3], row[4], row[5], OrganisationID(row[6]), json.RawMessage(row[7]), json.RawMessage(row[8]), row[9], row[10]}, err
	}, nil
}
