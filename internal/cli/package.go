package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// dataPackage is a data package whose descriptor is a file of this machine.
type dataPackage struct {
	*schema.Package
	r     *run
	dir   string
	files map[string]string // temporary, by address
}

// maxResource is the size of a table that a package names by an address, in bytes.
const maxResource = 2 << 30

// packageOf checks all tables of a data package, each against its own schema;
// foreign keys lead from one to the other.
func (c *checkCommand) packageOf(ctx context.Context, r *run) (err error) {
	p, end, err := c.openPackage(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if c.Reading != (Reading{}) {
		return errs.New(errs.Invalid, "cli.package.reading").WithHint("cli.package.reading.hint")
	}
	if c.Format == "html" {
		return errs.New(errs.Invalid, "cli.package.html").WithHint("cli.package.html.hint")
	}
	o := check.Options{Limit: listed(c.Limit), Standard: c.Standard, Workers: workers, Clock: time.Now}
	var valid bool
	if c.Format == "json" {
		out, err := check.ContractPackage(ctx, p, o, r.lang)
		if err != nil {
			return err
		}
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(out); err != nil {
			return err
		}
		valid = out.Valid
	} else if valid, err = check.RunPackage(ctx, p, o, func(res *schema.Resource, report *check.Report) error {
		r.printf("%s\n", r.t("cli.package.table", errs.Args{"Name": res.Name, "Path": res.Paths[0]}))
		return check.Text(r.Stdout, report, r.lang, r.Terminal)
	}); err != nil {
		return err
	}
	if !valid {
		return errInvalid
	}
	return nil
}

// openPackage opens the data package that the command names: a descriptor, or a zip
// file that holds one. Kind: Invalid (it is neither: a schema must be given).
func (c *checkCommand) openPackage(r *run) (p check.Package, end func() error, err error) {
	elsewhere := func(ctx context.Context, ref string) (*schema.Schema, error) { return r.schema(ctx, ref, c.Catalogue) }
	if strings.EqualFold(filepath.Ext(c.File), ".zip") {
		in, err := r.openInput(c.File)
		if err != nil {
			return p, nil, err
		}
		bundle, ok := tabular.OpenBundle(in, "", maxResource)
		if !ok {
			return p, nil, errors.Join(errs.New(errs.Invalid, "cli.no-schema").WithHint("cli.no-schema.hint"), in.close())
		}
		end := func() error { return errors.Join(bundle.Close(), in.close()) }
		if p, err = check.PackageOf(bundle, elsewhere); err != nil {
			return p, nil, errors.Join(err, end())
		}
		return p, end, nil
	}
	d, err := r.openPackage(c.File)
	if err != nil {
		return p, nil, err
	}
	schemaAt := func(ctx context.Context, ref string) (*schema.Schema, error) {
		if !httpx.IsAddress(ref) && strings.HasSuffix(ref, ".json") {
			file, err := d.beside(ref)
			if err != nil {
				return nil, err
			}
			ref = file
		}
		return elsewhere(ctx, ref)
	}
	return check.Package{Package: d.Package, Open: d.open, Schema: schemaAt}, d.close, nil
}

// openPackage reads the descriptor of a data package. Kind: Invalid (it is no
// such descriptor: a schema must be given).
func (r *run) openPackage(file string) (*dataPackage, error) {
	noSchema := errs.New(errs.Invalid, "cli.no-schema").WithHint("cli.no-schema.hint")
	if !strings.EqualFold(filepath.Ext(file), ".json") {
		return nil, noSchema
	}
	data, err := r.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "cli.no-file", errs.Args{"Path": file, "Code": "source-error"}).WithHint("cli.no-file.hint").Because(err)
	}
	if err != nil {
		return nil, err
	}
	if !schema.IsPackage(data) {
		return nil, noSchema
	}
	p, err := schema.ParsePackage(data)
	if err != nil {
		return nil, err
	}
	for _, res := range p.Resources {
		if len(res.Paths) != 1 {
			return nil, errs.New(errs.Invalid, "cli.package.paths", errs.Args{"Name": res.Name, "Count": len(res.Paths)}).WithHint("cli.package.paths.hint")
		}
	}
	return &dataPackage{Package: p, r: r, dir: filepath.Dir(file), files: map[string]string{}}, nil
}

// beside returns the file of a path of the descriptor, which may not leave its
// folder. Kind: Invalid.
func (p *dataPackage) beside(name string) (string, error) {
	if path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", errs.New(errs.Invalid, "cli.package.outside", errs.Args{"Path": name}).WithHint("cli.package.outside.hint")
	}
	return filepath.Join(p.dir, filepath.FromSlash(name)), nil
}

// open opens a table of the package; what it needs is closed with it.
func (p *dataPackage) open(ctx context.Context, res *schema.Resource) (*tabular.File, error) {
	name := res.Paths[0]
	var file string
	var err error
	if httpx.IsAddress(name) {
		file, err = p.download(ctx, name)
	} else {
		file, err = p.beside(name)
	}
	if err != nil {
		return nil, err
	}
	in, err := p.r.openInput(file)
	if err != nil {
		return nil, err
	}
	f, err := tabular.Open(ctx, in, tabular.Options{Name: path.Base(name), Encoding: res.Encoding, Delimiter: res.Delimiter})
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	f.Own(closing(in.close))
	return f, nil
}

// download keeps the table at an address in a temporary file, once.
func (p *dataPackage) download(ctx context.Context, address string) (string, error) {
	if file, ok := p.files[address]; ok {
		return file, nil
	}
	temp, err := os.CreateTemp("", "socle-*")
	if err != nil {
		return "", err
	}
	p.files[address] = temp.Name()
	_, err = httpx.Download(ctx, p.r.Fetch, address, temp, maxResource)
	return temp.Name(), errors.Join(err, temp.Close())
}

func (p *dataPackage) close() (err error) {
	for _, file := range p.files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// closing is a function as an io.Closer.
type closing func() error

// Close is io.Closer.
func (c closing) Close() error { return c() }
