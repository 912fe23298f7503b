package collect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/form"
)

// full fails unless something was refused for want of room, in words that say what to do.
func (o *office) full(key string, err error) {
	o.Helper()
	if e := errs.As(err); !errs.Is(err, errs.TooLarge) || e.Key != key || e.Hint == "" {
		o.Errorf("%v, not a refusal that says what to do", err)
	}
}

// When the quota of the organisation is reached a new entry is refused, and nothing of it
// is kept; what was taken is published, can be changed and taken away.
func TestQuotaOfEntries(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		o.catalogue.WithQuota(catalogue.Quota{Rows: 3})
		well := func(n int, name string) collect.Sent {
			return collect.Sent{ID: id(n), Values: form.Values{"nom": name}}
		}
		// Before any version is cut, and in one list: what fits is taken, each on its own.
		out, err := o.collect.PutMany(o.ctx, as(o.editor), f.ID, []collect.Sent{well(1, "Un"), well(2, "Deux"), well(3, "Trois"), well(4, "Quatre")})
		o.must(err)
		for i := range 3 {
			o.must(out[i].Err)
		}
		o.full("catalogue.quota.rows", out[3].Err)
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(5, "Cinq"))
		o.full("catalogue.quota.rows", err)
		o.hasRows(f.Resource, "Un|||", "Deux|||", "Trois|||")
		// And once it is.
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(4, "Quatre"))
		o.full("catalogue.quota.rows", err)
		_, err = o.collect.Entry(o.ctx, as(o.editor), f.ID, id(4))
		o.fails(errs.NotFound, err)
		change := well(3, "Troisième")
		change.Revision = 1
		o.put(as(o.editor), f, change)
		o.hasRows(f.Resource, "Un|||", "Deux|||", "Troisième|||")

		// Bytes: no more entries, and the versions of those that are there are still cut.
		o.catalogue.WithQuota(catalogue.Quota{Bytes: 1})
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, well(4, "Quatre"))
		o.full("catalogue.quota.bytes", err)
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

// Photos count in the quota of the organisation as they come, each once, by the bytes
// that came rather than those announced; one for which there is no room waits with its
// entry, which no version shows meanwhile.
func TestQuotaOfPhotos(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		o.hasRows(f.Resource)
		held := func() int64 {
			t.Helper()
			all, err := o.catalogue.Storage(o.ctx, o.editor, o.org)
			o.must(err)
			return all[o.org].Bytes
		}
		empty := held() // a version without rows
		holds := func(photos int64) {
			t.Helper()
			if got := held() - empty; got != photos {
				t.Errorf("%d bytes are counted, not %d", got, photos)
			}
			o.must(o.catalogue.Recount(o.ctx, identity.System("test")))
			if got := held() - empty; got != photos {
				t.Errorf("%d bytes are counted again, not %d", got, photos)
			}
		}
		photo := bytes.Repeat([]byte("photo"), 1000)
		sum := sha256.Sum256(photo)
		hash := hex.EncodeToString(sum[:])
		well := func(n int, name string, announced int) collect.Sent {
			return collect.Sent{ID: id(n), Values: form.Values{"nom": name, "photo": "puits.jpg"}, Files: []collect.File{{Field: "photo", Name: "puits.jpg", Type: "image/jpeg", Size: int64(announced), Hash: hash}}}
		}
		send := func(n int) error {
			_, err := o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(n), hash, bytes.NewReader(photo))
			return err
		}

		o.catalogue.WithQuota(catalogue.Quota{Bytes: empty + 4000})
		_, err := o.collect.Put(o.ctx, as(o.editor), f.ID, well(1, "Un", len(photo)))
		o.full("catalogue.quota.bytes", err)
		_, err = o.collect.Entry(o.ctx, as(o.editor), f.ID, id(1))
		o.fails(errs.NotFound, err)

		// Announced smaller than it is: the entry is taken, its photo is not.
		o.put(as(o.editor), f, well(1, "Un", 1))
		o.full("catalogue.quota.bytes", send(1))
		o.hasRows(f.Resource)
		if e, err := o.collect.Entry(o.ctx, as(o.editor), f.ID, id(1)); err != nil || e.State != collect.Incomplete || e.Files[0].Received {
			t.Errorf("%+v %v", e, err)
		}
		holds(0)

		// Room is made: the same photo is taken, with its true size, and counted once.
		o.catalogue.WithQuota(catalogue.Quota{Bytes: empty + 6000})
		o.must(send(1))
		o.must(send(1))
		if e, err := o.collect.Entry(o.ctx, as(o.editor), f.ID, id(1)); err != nil || e.State != collect.Accepted || e.Files[0].Size != int64(len(photo)) {
			t.Errorf("%+v %v", e, err)
		}
		holds(int64(len(photo)))

		// A change that adds a photo is refused as a new entry is, and leaves what was there.
		other := hex.EncodeToString(make([]byte, sha256.Size))
		change := well(1, "Premier", len(photo))
		change.Revision, change.Values["photo"], change.Files[0].Name, change.Files[0].Hash = 1, "autre.jpg", "autre.jpg", other
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, change)
		o.full("catalogue.quota.bytes", err)
		if e, err := o.collect.Entry(o.ctx, as(o.editor), f.ID, id(1)); err != nil || e.Revision != 1 || e.State != collect.Accepted || e.Values["nom"] != "Un" {
			t.Errorf("%+v %v", e, err)
		}

		// Who is no member learns that there is no room, not how much there is.
		link := o.wells(collect.Settings{Access: collect.Link})
		_, err = o.collect.Put(o.ctx, collect.Visitor{Actor: o.stranger, Key: link.Key}, link.ID, well(3, "Trois", len(photo)))
		o.full("collect.full", err)

		// The same photo of another entry takes no more room; one more of its own would.
		o.catalogue.WithQuota(catalogue.Quota{})
		o.put(as(o.editor), f, well(2, "Deux", len(photo)))
		o.must(send(2))
		holds(int64(len(photo)))
	})
}
