package admin

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
)

// exportedLine is a line of the audit as JSON Lines: with its hashes, so that whoever
// keeps the file can verify it.
type exportedLine struct {
	Line         int64           `json:"line"`
	At           time.Time       `json:"at"`
	Actor        string          `json:"actor"`
	Network      string          `json:"network"`
	Verb         string          `json:"verb"`
	Object       string          `json:"object"`
	Organisation string          `json:"organisation"`
	Before       json.RawMessage `json:"before"`
	After        json.RawMessage `json:"after"`
	Previous     string          `json:"previous"`
	Hash         string          `json:"hash"`
}

var exportHeader = []string{"line", "at", "actor", "network", "verb", "object", "organisation", "before", "after", "previous", "hash"}

func (p *Pages) exportAudit(w http.ResponseWriter, r *http.Request) error {
	return p.exportPart(w, r, "")
}

func (p *Pages) exportJournal(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionReadAudit)
	if err != nil {
		return err
	}
	return p.exportPart(w, r, o.ID)
}

// exportPart streams a part of the audit as CSV or as JSON Lines.
func (p *Pages) exportPart(w http.ResponseWriter, r *http.Request, org identity.OrganisationID) error {
	if org == "" {
		if err := shell.From(r).Actor.Require(identity.ActionReadHostAudit, ""); err != nil { // before the first byte
			return err
		}
	}
	h, name := w.Header(), "journal.csv"
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	jsonl := r.PathValue("file") == "journal.jsonl"
	if jsonl {
		name = "journal.jsonl"
		h.Set("Content-Type", "application/jsonl; charset=utf-8")
	} else if r.PathValue("file") != name {
		return none()
	}
	httpx.Attach(h, name)
	h.Set("Cache-Control", "no-store")
	rows, lines := csv.NewWriter(w), json.NewEncoder(w)
	if !jsonl {
		if err := rows.Write(exportHeader); err != nil {
			return err
		}
	}
	err := p.o.Identity.ExportAudit(r.Context(), shell.From(r).Actor, org, func(e identity.AuditEntry) error {
		if jsonl {
			return lines.Encode(exportedLine{e.Seq, e.At.UTC(), e.Actor, e.Network, e.Verb, e.Object, string(e.Organisation), e.Before, e.After, e.Previous, e.Hash})
		}
		return rows.Write([]string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Network, e.Verb, e.Object, string(e.Organisation), string(e.Before), string(e.After), e.Previous, e.Hash})
	})
	if err != nil {
		return err
	}
	rows.Flush()
	return rows.Error()
}
