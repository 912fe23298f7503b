package collect_test

import (
	"testing"
	"time"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/schema/form"
)

func TestDates(t *testing.T) {
	run(t, func(o *office) {
		now := time.Now()
		closed := o.wells(collect.Settings{Closes: now.Add(-time.Hour)})
		later := o.wells(collect.Settings{Opens: now.Add(time.Hour)})
		for _, f := range []collect.Form{closed, later} {
			_, err := o.collect.Put(o.ctx, as(o.editor), f.ID, collect.Sent{ID: id(1), Values: form.Values{"nom": "A"}})
			o.fails(errs.Conflict, err)
		}
		// What was made before the form closed is taken for some days more.
		const tight, made = time.Minute, -time.Minute
		for i, c := range []struct {
			since, made time.Duration // since it closed; when it was made, by the closing
			taken       bool
		}{
			{tight, made, true}, {tight, 0, false}, {tight, tight / 2, false}, {collect.Late - tight, made, true}, {collect.Late + tight, made, false},
		} {
			f := o.wells(collect.Settings{Access: collect.Link, Closes: now.Add(-c.since)})
			for n, v := range []collect.Visitor{as(o.helper), {Key: f.Key}} {
				e := collect.Sent{ID: id(n), MadeAt: f.Closes.Add(c.made), Values: form.Values{"nom": "A" + id(n)}}
				out, err := o.collect.Put(o.ctx, v, f.ID, e)
				if !c.taken {
					o.fails(errs.Conflict, err)
					continue
				}
				if o.must(err); !out.Entry.MadeAt.Equal(e.MadeAt) {
					o.Errorf("case %d: made at %s, want %s", i, out.Entry.MadeAt, e.MadeAt)
				}
				if again := o.put(v, f, e); again.Created {
					o.Errorf("case %d: the same entry is taken twice", i)
				}
				e.ID, e.MadeAt = id(10+n), time.Time{} // of nobody knows when: of now
				_, err = o.collect.Put(o.ctx, v, f.ID, e)
				o.fails(errs.Conflict, err)
			}
		}
		f := o.wells(collect.Settings{})
		out := o.put(as(o.editor), f, collect.Sent{ID: id(1), MadeAt: now.Add(48 * time.Hour), Values: form.Values{"nom": "A"}})
		if out.Entry.MadeAt.After(time.Now()) {
			o.Error("an entry of a clock that goes wrong is of tomorrow")
		}
	})
}
