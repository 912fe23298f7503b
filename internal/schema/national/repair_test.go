package national_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

// The safe repairs of every case never make a file worse, and leave a right file right.
func TestSafeRepairsNeverHarm(t *testing.T) {
	mended, left := 0, 0
	for _, e := range national.List() {
		files, err := filepath.Glob(filepath.Join("testdata", strings.ReplaceAll(e.ID, "/", "__")+"@"+e.Version, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in := txtar.Parse(data).Files[0].Data
			before := report(t, e, in).Stats.Errors
			after := report(t, e, repaired(t, e, in)).Stats.Errors
			if after > before {
				t.Errorf("%s: %d errors before the safe repairs, %d after", path, before, after)
			}
			mended += before - after
			left += after
		}
	}
	t.Logf("%d errors mended, %d left", mended, left)
	if mended < 40 {
		t.Errorf("only %d errors are mended", mended)
	}
}

func repaired(t *testing.T, e national.Entry, data []byte) []byte {
	t.Helper()
	s, err := e.Schema()
	if err != nil {
		t.Fatal(err)
	}
	open := func() (*tabular.File, error) {
		return tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "in.csv"})
	}
	plan, err := check.PlanRepairs(context.Background(), open, s, check.PlanOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	f, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	if _, err := check.Fix(context.Background(), f, s, plan.Safe(), &out, check.FixOptions{Workers: 1}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
