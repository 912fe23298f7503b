package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Reading is how a file is read: what is detected can be overridden.
type Reading struct {
	Sheet      string `placeholder:"NAME"`
	Delimiter  string `placeholder:"CHAR"`
	Encoding   string `placeholder:"NAME"`
	HeaderRows *int   `placeholder:"N"`
	CRS        string `name:"crs" placeholder:"EPSG:N"`
	From       string `placeholder:"FORMAT"`
	places     bool   // columns of degrees are added when coordinates are projected
}

// Typing gives columns of a table without schema their types.
type Typing struct {
	Type map[string]string `mapsep:"none" placeholder:"COLUMN=TYPE"`
}

// types are those given, by label.
func (t Typing) types() map[string]schema.Type {
	types := make(map[string]schema.Type, len(t.Type))
	for name, kind := range t.Type {
		types[name] = schema.Type(kind)
	}
	return types
}

func (o Reading) options(name string) tabular.Options {
	opt := tabular.Options{Name: name, Format: o.From, Sheet: o.Sheet, Delimiter: tabular.DelimiterNamed(o.Delimiter), Encoding: o.Encoding, HeaderRows: o.HeaderRows, CRS: o.CRS}
	if o.CRS != "" || o.places {
		opt.Degrees = tabular.AddedDegrees()
	}
	return opt
}

// input is a file to read, - being the standard input.
type input struct {
	tabular.Source
	name  string
	close func() error
}

// openInput opens a path, or keeps the standard input in a temporary file.
func (r *run) openInput(path string) (*input, error) {
	if path != "-" {
		src, err := tabular.OpenFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errs.New(errs.NotFound, "cli.no-file", errs.Args{"Path": path, "Code": "source-error"}).WithHint("cli.no-file.hint").Because(err)
		}
		if err != nil {
			return nil, err
		}
		return &input{Source: src, name: filepath.Base(path), close: src.Close}, nil
	}
	f, err := os.CreateTemp("", "socle-*")
	if err != nil {
		return nil, err
	}
	done := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	if _, err := io.Copy(f, r.Stdin); err != nil {
		return nil, errors.Join(err, done())
	}
	src, err := tabular.NewFileSource(f)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	return &input{Source: src, name: "", close: done}, nil
}

// openTable opens a file as a table.
func (r *run) openTable(ctx context.Context, path string, o Reading) (*tabular.File, func() error, error) {
	in, err := r.openInput(path)
	if err != nil {
		return nil, nil, err
	}
	f, done, err := r.tableOf(ctx, in, o)
	if err != nil {
		return nil, nil, errors.Join(err, in.close())
	}
	return f, func() error { return errors.Join(done(), in.close()) }, nil
}

// tableOf opens an input, which stays open, as a table.
func (r *run) tableOf(ctx context.Context, in *input, o Reading) (*tabular.File, func() error, error) {
	tell, end := func(int64) {}, func() {}
	if in.Size() > longFile {
		tell, end = r.progress(in.Size(), "cli.reading")
	}
	f, err := tabular.OpenSaid(ctx, &watched{Source: in, tell: tell}, o.options(in.name))
	if err != nil {
		end()
		return nil, nil, err
	}
	return f, func() error {
		end()
		return f.Close()
	}, nil
}

// longFile is the size from which reading shows a progress bar on a terminal.
const longFile = 16 << 20

// watched tells how far a file has been read.
type watched struct {
	tabular.Source
	far  atomic.Int64
	tell func(int64)
}

func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.Source.ReadAt(p, off)
	for end := off + int64(n); ; {
		far := w.far.Load()
		if end <= far {
			break
		}
		if w.far.CompareAndSwap(far, end) {
			w.tell(end)
			break
		}
	}
	return n, err
}

// create opens the file that a command writes, - being the standard output. A
// file appears under its name only when finish is called with a nil error.
func (r *run) create(path string) (w io.Writer, finish func(error) error, err error) {
	if path == "-" || path == "" {
		return r.Stdout, func(err error) error { return err }, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, nil, errs.New(errs.Invalid, "cli.cannot-write", errs.Args{"Path": path}).WithHint("cli.cannot-write.hint").Because(err)
	}
	return f, func(err error) error {
		if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
			return errors.Join(err, os.Remove(f.Name()))
		}
		return os.Rename(f.Name(), path)
	}, nil
}
