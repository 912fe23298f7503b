package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// packageReport is the report of a data package: that of each of its tables.
type packageReport struct {
	Valid     bool             `json:"valid"`
	Name      string           `json:"name"`
	Resources []resourceReport `json:"resources"`
}

type resourceReport struct {
	Name   string      `json:"name"`
	Path   string      `json:"path"`
	Report *check.Wire `json:"report"`
}

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
func (c *checkCommand) packageOf(ctx context.Context, r *run) error {
	p, err := r.openPackage(c.File)
	if err != nil {
		return err
	}
	if c.Format == "html" {
		return errs.New(errs.Invalid, "cli.package.html").WithHint("cli.package.html.hint")
	}
	defer func() { _ = p.close() }()
	others := check.Tables{}
	for i := range p.Resources {
		others[p.Resources[i].Name] = func(ctx context.Context) (*tabular.File, error) { return p.open(ctx, &p.Resources[i]) }
	}
	out := packageReport{Valid: true, Name: p.Name, Resources: []resourceReport{}}
	for i := range p.Resources {
		res := &p.Resources[i]
		report, err := c.resource(ctx, p, res, others)
		if err != nil {
			return fmt.Errorf("%s: %w", res.Name, err)
		}
		out.Valid = out.Valid && report.Valid
		if c.Format == "json" {
			out.Resources = append(out.Resources, resourceReport{Name: res.Name, Path: res.Paths[0], Report: check.Contract(report, r.lang)})
			continue
		}
		r.printf("%s\n", r.t("cli.package.table", errs.Args{"Name": res.Name, "Path": res.Paths[0]}))
		if err := check.Text(r.Stdout, report, r.lang, r.Terminal); err != nil {
			return err
		}
	}
	if c.Format == "json" {
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(out); err != nil {
			return err
		}
	}
	if !out.Valid {
		return errInvalid
	}
	return nil
}

// resource checks one table.
func (c *checkCommand) resource(ctx context.Context, p *dataPackage, res *schema.Resource, others check.Tables) (report *check.Report, err error) {
	s, err := p.schemaOf(ctx, res, c.Catalogue)
	if err != nil {
		return nil, err
	}
	f, err := p.open(ctx, res)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return check.Run(ctx, f, s, check.Options{Limit: listed(c.Limit), Standard: c.Standard, Workers: workers, Clock: time.Now, References: others, Resource: res.Name})
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

// schemaOf is the schema of a table: in the package, in a file beside it, at an
// address, bundled, or made from its rows when there is none.
func (p *dataPackage) schemaOf(ctx context.Context, res *schema.Resource, c Catalogue) (*schema.Schema, error) {
	switch ref := res.SchemaRef; {
	case res.Schema != nil:
		return res.Schema, nil
	case ref == "":
		f, err := p.open(ctx, res)
		if err != nil {
			return nil, err
		}
		s, err := check.Infer(ctx, f, check.InferOptions{Workers: workers})
		return s, errors.Join(err, f.Close())
	case !httpx.IsAddress(ref) && strings.HasSuffix(ref, ".json"):
		file, err := p.beside(ref)
		if err != nil {
			return nil, err
		}
		return p.r.schema(ctx, file, c)
	}
	return p.r.schema(ctx, res.SchemaRef, c)
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
