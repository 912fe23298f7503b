package admin

import (
	"net/http"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
)

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
	f, err := identity.NewAuditFile(w, jsonl)
	if err != nil {
		return err
	}
	if err := p.o.Identity.ExportAudit(r.Context(), shell.From(r).Actor, org, f.Write); err != nil {
		return err
	}
	return f.End()
}
