package tables

import (
	"bytes"
	"testing"

	"socle/internal/blob"
	"socle/internal/blob/blobtest"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// An upload whose bytes are all there can be finished later, and by two requests
// at once: the one that comes second, with what it read before, changes nothing.
func TestFinishTwice(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s := New(Options{DB: db, Blobs: blobtest.Open(t, blob.Options{URL: "file://" + t.TempDir()}), Temp: t.TempDir()})
		a := identity.System("test")
		u, err := s.StartUpload(ctx, a, "", "table.csv", 8)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Finish(ctx, a, u.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("without its bytes, an upload is finished: %v", err)
		}
		for _, chunk := range []string{"a,b\n", "1,2\n"} {
			if u, err = s.addChunk(ctx, u, []byte(chunk)); err != nil {
				t.Fatal(err)
			}
		}
		stale := u
		first, err := s.Finish(ctx, a, u.ID)
		if err != nil || !first.Done() {
			t.Fatalf("%+v, %v", first, err)
		}
		second, err := s.finishUpload(ctx, stale)
		if err != nil || second.Blob != first.Blob || second.Size != 8 {
			t.Errorf("the second says %+v, %v; the first %+v", second, err, first)
		}
		kept, err := s.FindUpload(ctx, a, u.ID)
		if err != nil || kept.Blob != first.Blob || kept.Size != 8 {
			t.Errorf("kept %+v, %v", kept, err)
		}
		r, err := s.blobs.Open(ctx, kept.Blob)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(r)
		if cerr := r.Close(); err != nil || cerr != nil || b.String() != "a,b\n1,2\n" {
			t.Errorf("%q, %v, %v", b.String(), err, cerr)
		}
	})
}
