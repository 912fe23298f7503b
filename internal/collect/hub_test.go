package collect_test

import (
	"context"
	"testing"
	"time"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/schema/form"
)

// TestEvents: who waits is told of changes, of entries and of versions.
func TestEvents(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		ctx, cancel := context.WithCancel(o.ctx)
		defer cancel()
		go o.collect.Run(ctx)
		c, stop, err := o.collect.Changes(o.ctx, as(o.editor), f.ID)
		o.must(err)
		defer stop()
		time.Sleep(700 * time.Millisecond)
		o.put(as(o.editor), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "A"}})
		for m := (collect.Mark{}); m.Seq == 0; { // the first mark is how it was
			select {
			case m = <-c:
			case <-time.After(10 * time.Second):
				o.Fatal("nobody was told")
			}
		}
		// Who comes later is told how it is, although nothing changes any more.
		again, end, err := o.collect.Changes(o.ctx, as(o.editor), f.ID)
		o.must(err)
		defer end()
		select {
		case m := <-again:
			if m.Seq == 0 {
				o.Errorf("the second one is told %+v", m)
			}
		case <-time.After(10 * time.Second):
			o.Error("the second one was told nothing")
		}
		_, _, err = o.collect.Changes(o.ctx, as(o.stranger), f.ID)
		o.fails(errs.NotFound, err)
	})
}
