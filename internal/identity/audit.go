package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// AuditEntry is one line of the audit.
type AuditEntry struct {
	Seq          int64 // 1, 2, 3… without a gap
	At           time.Time
	Actor        string // Actor.Ref
	Network      string // address the request came from; "" when unknown
	Verb         string // "dataset.publish"
	Object       string // "dataset:ID"
	Organisation OrganisationID
	Before       json.RawMessage // null when there was nothing
	After        json.RawMessage
	Previous     string // hash of the line before
	Hash         string
}

// Record writes a line of the audit in the transaction of the change it tells,
// with what was before and after as JSON. Call it last: writers take turns on
// the end of the chain until they commit. Neither secrets nor what names a
// person belong in before and after.
func Record(ctx context.Context, tx *sqldb.Tx, a Actor, verb, object string, before, after any) error {
	return RecordIn(ctx, tx, a, "", verb, object, before, after)
}

// RecordIn is Record for what concerns an organisation: its administrators read
// the line.
func RecordIn(ctx context.Context, tx *sqldb.Tx, a Actor, org OrganisationID, verb, object string, before, after any) error {
	e := AuditEntry{At: tx.Now(), Actor: a.Ref(), Network: a.networkText(), Verb: verb, Object: object, Organisation: org}
	var err error
	if e.Before, err = auditJSON(before); err != nil {
		return err
	}
	if e.After, err = auditJSON(after); err != nil {
		return err
	}
	// The update makes a second writer wait, or run again, until this one ends.
	if err := tx.QueryRow(ctx, `UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash`).Scan(&e.Seq, &e.Previous); err != nil {
		return err
	}
	e.Hash = e.seal()
	if _, err := tx.Exec(ctx, `UPDATE audit_head SET hash = $1 WHERE id = 1`, e.Hash); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit (seq, at, actor, network, verb, object, organisation, before_json, after_json, previous, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.Seq, e.At, e.Actor, e.Network, e.Verb, e.Object, e.Organisation, e.Before, e.After, e.Previous, e.Hash)
	return err
}

func auditJSON(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("identity: audit: %w", err)
	}
	return b, nil
}

// seal is the SHA-256 of the line with the hash of the one before. Each part is
// preceded by its length, so that no two lines read the same.
func (e AuditEntry) seal() string {
	var b bytes.Buffer
	for _, part := range []string{
		e.Previous, strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.At.UnixMicro(), 10), e.Actor, e.Network,
		e.Verb, e.Object, string(e.Organisation), string(e.Before), string(e.After),
	} {
		b.WriteString(strconv.Itoa(len(part)))
		b.WriteByte(':')
		b.WriteString(part)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

const auditColumns = `seq, at, actor, network, verb, object, organisation, before_json, after_json, previous, hash`

func scanAudit(r sqldb.Scanner) (e AuditEntry, err error) {
	err = r.Scan(&e.Seq, &e.At, &e.Actor, &e.Network, &e.Verb, &e.Object, &e.Organisation, &e.Before, &e.After, &e.Previous, &e.Hash)
	return e, err
}

// AuditQuery chooses lines.
type AuditQuery struct {
	Organisation OrganisationID // with those that became part of it; "" for all: of the host only
	Object       string         // "dataset:ID"; "" for any
	People       []PersonID     // who acted, also by a token; nil for anybody
	Acts         string         // first word of the verbs: "dataset"; "" for any
	Since, Until time.Time      // from Since on, before Until; zero for any
	Before       int64          // lines older than this one; 0 for the newest
	Limit        int            // 1 to 200; 50 when 0
}

// where is the WHERE clause of the lines.
func (q AuditQuery) where() (c sqldb.Conditions) {
	if q.Organisation != "" {
		// Lines name the organisation of then: those merged into it are its own part.
		c.Add(`organisation IN (WITH RECURSIVE part(id) AS (SELECT id FROM organisations WHERE id = ` + c.Arg(q.Organisation) + `
			UNION SELECT o.id FROM organisations o JOIN part ON o.merged_into = part.id) SELECT id FROM part)`)
	}
	if q.Object != "" {
		c.Add(`object = ` + c.Arg(q.Object))
	}
	if q.People != nil {
		refs := []string{"1 = 0"}
		for _, p := range q.People {
			ref := "person:" + string(p)
			refs = append(refs, `actor = `+c.Arg(ref)+` OR actor LIKE `+c.Arg(likeEscape(ref)+"/%")+` ESCAPE '\'`)
		}
		c.Add("(" + strings.Join(refs, " OR ") + ")")
	}
	if q.Acts != "" {
		c.Add(`verb LIKE ` + c.Arg(likeEscape(q.Acts)+".%") + ` ESCAPE '\'`)
	}
	if !q.Since.IsZero() {
		c.Add(`at >= ` + c.Arg(q.Since))
	}
	if !q.Until.IsZero() {
		c.Add(`at < ` + c.Arg(q.Until))
	}
	return c
}

// Audit lists lines, the newest first. Rights: ActionReadAudit of the
// organisation, or ActionReadHostAudit. Kinds: Denied, SignIn.
func (s *Service) Audit(ctx context.Context, a Actor, q AuditQuery) (list []AuditEntry, err error) {
	defer errs.Wrap(&err, "identity.Audit")
	if q.Organisation != "" {
		err = a.Require(ActionReadAudit, q.Organisation)
	} else {
		err = a.Require(ActionReadHostAudit, "")
	}
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		c := q.where()
		if q.Before > 0 {
			c.Add(`seq < ` + c.Arg(q.Before))
		}
		limit := c.Arg(pageLimit(q.Limit))
		rows, err := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit`+c.String()+` ORDER BY seq DESC LIMIT `+limit, c.Args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanAudit)
		return err
	})
	return list, err
}

// ExportAudit gives each line of a part of the audit, the oldest first, until give
// returns an error. Rights and kinds as Audit; that it was read is a line itself.
func (s *Service) ExportAudit(ctx context.Context, a Actor, org OrganisationID, give func(AuditEntry) error) (err error) {
	defer errs.Wrap(&err, "identity.ExportAudit(%s)", org)
	if org != "" {
		err = a.Require(ActionReadAudit, org)
	} else {
		err = a.Require(ActionReadHostAudit, "")
	}
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return RecordIn(ctx, tx, a, org, "audit.export", "audit:", nil, nil) })
	if err != nil {
		return err
	}
	for after := int64(0); ; { // in pieces: whoever reads slowly holds no transaction
		var list []AuditEntry
		err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
			c := AuditQuery{Organisation: org}.where()
			c.Add(`seq > ` + c.Arg(after))
			rows, err := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit`+c.String()+` ORDER BY seq LIMIT 1000`, c.Args...)
			if err != nil {
				return err
			}
			list, err = sqldb.Collect(rows, scanAudit)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, e := range list {
			if err := give(e); err != nil {
				return err
			}
			after = e.Seq
		}
	}
}

// AuditCheck is the outcome of VerifyAudit.
type AuditCheck struct {
	Lines  int64  // read
	After  int64  // number of the last line that the retention removed; 0 for none
	Broken int64  // number of the first line that does not hold; 0 when all do
	Hash   string // of the last line read
}

// VerifyAudit reads the whole chain and says where it breaks: a line changed,
// removed, added or moved, or the end cut off. Rights: ActionReadHostAudit.
// Kinds: Denied, SignIn.
func (s *Service) VerifyAudit(ctx context.Context, a Actor) (c AuditCheck, err error) {
	defer errs.Wrap(&err, "identity.VerifyAudit")
	if err := a.Require(ActionReadHostAudit, ""); err != nil {
		return c, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		c = AuditCheck{}
		var end int64
		var last string
		previous := ""
		if err := tx.QueryRow(ctx, `SELECT seq, hash, kept_after, kept_hash FROM audit_head WHERE id = 1`).Scan(&end, &last, &c.After, &previous); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY seq`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scanAudit(rows)
			if err != nil {
				return err
			}
			c.Lines++
			if e.Seq != c.After+c.Lines || e.Previous != previous || e.Hash != e.seal() {
				c.Broken = c.After + c.Lines
				return nil
			}
			previous, c.Hash = e.Hash, e.Hash
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if c.After+c.Lines != end || previous != last {
			c.Broken = c.After + c.Lines + 1
		}
		return nil
	})
	return c, err
}

// pruneAudit removes the lines past their retention, and keeps the hash of the last
// one removed, so that what is left is verified from there on. The removal is a
// line of the audit itself.
func (s *Service) pruneAudit(ctx context.Context, a Actor) (n int64, err error) {
	if s.opt.Keep.Audit <= 0 {
		return 0, nil
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var last int64
		var hash string
		err := tx.QueryRow(ctx, `SELECT seq, hash FROM audit WHERE at < $1 AND seq < (SELECT seq FROM audit_head WHERE id = 1) ORDER BY seq DESC LIMIT 1`,
			tx.Now().Add(-s.opt.Keep.Audit)).Scan(&last, &hash)
		if errs.Is(err, errs.NotFound) {
			n = 0
			return nil
		}
		if err != nil {
			return err
		}
		if n, err = tx.Exec(ctx, `DELETE FROM audit WHERE seq <= $1`, last); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE audit_head SET kept_after = $1, kept_hash = $2 WHERE id = 1`, last, hash); err != nil {
			return err
		}
		return Record(ctx, tx, a, "audit.prune", "audit:", nil, pruneAudit{last, n})
	})
	return n, err
}

type pruneAudit struct {
	Through int64 `json:"through"`
	Lines   int64 `json:"lines"`
}
