package collect_test

import (
	"testing"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/schema/form"
)

// When the quota of the organisation is reached a new entry is refused, and nothing of it
// is kept; what was taken is published, can be changed and taken away.
func TestQuotaOfEntries(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		o.catalogue.WithQuota(catalogue.Quota{Rows: 3})
		well := func(n int, name string) collect.Sent {
			return collect.Sent{ID: id(n), Values: form.Values{"nom": name}}
		}
		full := func(key string, err error) {
			t.Helper()
			if e := errs.As(err); !errs.Is(err, errs.TooLarge) || e.Key != key || e.Hint == "" {
				t.Errorf("%v, not a refusal that says what to do", err)
			}
		}
		// Before any version is cut, and in one list: what fits is taken, each on its own.
		out, err := o.collect.PutMany(o.ctx, as(o.editor), f.ID, []collect.Sent{well(1, "Un"), well(2, "Deux"), well(3, "Trois"), well(4, "Quatre")})
		o.must(err)
		for i := range 3 {
			o.must(out[i].Err)
		}
		full("catalogue.quota.rows", out[3].Err)
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(5, "Cinq"))
		full("catalogue.quota.rows", err)
		o.hasRows(f.Resource, "Un|||", "Deux|||", "Trois|||")
		// And once it is.
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(4, "Quatre"))
		full("catalogue.quota.rows", err)
		_, err = o.collect.Entry(o.ctx, as(o.editor), f.ID, id(4))
		o.fails(errs.NotFound, err)
		change := well(3, "Troisième")
		change.Revision = 1
		o.put(as(o.editor), f, change)
		o.hasRows(f.Resource, "Un|||", "Deux|||", "Troisième|||")

		// Bytes: no more entries, and the versions of those that are there are still cut.
		o.catalogue.WithQuota(catalogue.Quota{Bytes: 1})
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(4, "Quatre"))
		full("catalogue.quota.bytes", err)
		change.Revision, change.Values["nom"] = 2, "3"
		o.put(as(o.editor), f, change)
		o.hasRows(f.Resource, "Un|||", "Deux|||", "3|||")

		// Room is made: the same entry, sent again, is taken.
		o.catalogue.WithQuota(catalogue.Quota{Rows: 3})
		_, err = o.collect.Remove(o.ctx, as(o.editor), f.ID, id(1), 1)
		o.must(err)
		o.hasRows(f.Resource, "Deux|||", "3|||")
		if out := o.put(as(o.editor), f, well(4, "Quatre")); !out.Created {
			t.Errorf("%+v", out)
		}
		o.hasRows(f.Resource, "Deux|||", "3|||", "Quatre|||")
	})
}
