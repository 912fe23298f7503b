package identity_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// An exported audit is verified without the portal, in both formats; a line changed,
// removed, added or moved shows, also one that was sealed again.
func TestAuditFile(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Roques")
		chief := w.member("chief", o.ID, identity.Administrator).From(home)
		for _, n := range []string{"a", "b", "c"} {
			w.organisation("Commune " + n)
			w.ok(w.SetDomains(ctx, chief, o.ID, []string{n + "-roques.example"}))
		}
		w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error { // whatever is in a line comes back
			return identity.RecordIn(ctx, tx, root, o.ID, "test.do", "thing:\"a\", <&>\u2028é", "\r\n\\ \"é\u2029", map[string]any{"n": 1.5, "x": nil})
		}))
		exported := func(a identity.Actor, org identity.OrganisationID, jsonLines bool) []string {
			w.t.Helper()
			var b bytes.Buffer
			f, err := identity.NewAuditFile(&b, jsonLines)
			w.ok(err)
			w.ok(w.ExportAudit(ctx, a, org, f.Write))
			w.ok(f.End())
			return slices.Collect(strings.Lines(b.String()))
		}
		verify := func(lines []string, part bool) identity.AuditFileCheck {
			w.t.Helper()
			c, err := identity.VerifyAuditFile(strings.NewReader(strings.Join(lines, "")), part)
			w.ok(err)
			return c
		}
		for _, jsonLines := range []bool{true, false} {
			whole, head := exported(root, "", jsonLines), 0
			if !jsonLines {
				head = 1
			}
			portal, err := w.VerifyAudit(ctx, root)
			w.ok(err)
			c := verify(whole, false)
			w.same(c, identity.AuditFileCheck{AuditCheck: portal, First: 1, Last: portal.Lines})
			changed := func(line int64, old, fresh string) []string {
				l := slices.Clone(whole)
				at := int(line) - 1 + head
				if !strings.Contains(l[at], old) {
					w.t.Fatalf("%s is not in %s", old, l[at])
				}
				l[at] = strings.Replace(l[at], old, fresh, 1)
				return l
			}
			at := func(line int) int { return line - 1 + head }
			moved := slices.Clone(whole)
			moved[at(3)], moved[at(4)] = moved[at(4)], moved[at(3)]
			list, err := w.Audit(ctx, root, identity.AuditQuery{Limit: 200})
			w.ok(err)
			second := list[len(list)-2]
			for name, x := range map[string]struct {
				lines  []string
				broken int64
			}{
				"changed":               {changed(2, second.Verb, "x"), 2},
				"its time changed":      {changed(2, second.At.UTC().Format("15:04:05"), "23:59:59"), 2},
				"with the hash of else": {changed(2, second.Hash, strings.Repeat("0", 64)), 2},
				"removed":               {slices.Delete(slices.Clone(whole), at(3), at(4)), 3},
				"first removed":         {slices.Delete(slices.Clone(whole), at(1), at(2)), 0}, // as after a retention: told by First
				"added twice":           {slices.Insert(slices.Clone(whole), at(3), whole[at(3)]), 3},
				"moved":                 {moved, 3},
			} {
				c := verify(x.lines, false)
				if c.Broken != x.broken || name == "first removed" && c.First != 2 {
					w.t.Errorf("%s, JSON %v: breaks at %d, want %d: %+v", name, jsonLines, c.Broken, x.broken, c)
				}
			}

			part := exported(chief, o.ID, jsonLines)
			if c := verify(part, false); c.Broken == 0 {
				w.t.Errorf("a part passes for the whole: %+v", c)
			}
			c = verify(part, true)
			if c.Broken != 0 || c.Gaps < 3 || c.Lines != int64(len(part)-head) {
				w.t.Errorf("a part: %+v", c)
			}
			slices.Reverse(part[head:])
			if c := verify(part, true); c.Broken == 0 {
				w.t.Error("a part upside down holds")
			}
		}
		for _, text := range []string{"", "a,b\n1,2\n", "{\n", "line,at,actor,network,verb,object,organisation,before,after,previous,hash\n", "line,at,actor,network,verb,object,organisation,before,after,previous,hash\nx,y,,,,,,,,,\n", fmt.Sprintf("%c", 0)} {
			_, err := identity.VerifyAuditFile(strings.NewReader(text), false)
			w.fails(err, errs.Invalid, "identity.audit-file")
		}
	})
}
