package check

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// maxDescriptor is the size of a descriptor in a package, in bytes.
const maxDescriptor = 4 << 20

// Package is a data package that can be read: each of its tables, and the schemas
// that it names.
type Package struct {
	*schema.Package
	Open   func(context.Context, *schema.Resource) (*tabular.File, error)
	Schema func(ctx context.Context, ref string) (*schema.Schema, error)
}

// PackageOf reads the descriptor of a zip file. elsewhere finds schemas that the
// package does not hold; tables that are not in it are refused. Kinds: Invalid,
// NotFound, TooLarge.
func PackageOf(b *tabular.Bundle, elsewhere func(ctx context.Context, ref string) (*schema.Schema, error)) (p Package, err error) {
	data, err := b.Descriptor(maxDescriptor)
	if err != nil {
		return p, err
	}
	if p.Package, err = schema.ParsePackage(data); err != nil {
		return p, err
	}
	for _, res := range p.Resources {
		if len(res.Paths) != 1 {
			return p, errs.New(errs.Invalid, "package.paths", errs.Args{"Name": res.Name, "Number": len(res.Paths)}).WithHint("package.paths.hint")
		}
	}
	p.Open = func(ctx context.Context, res *schema.Resource) (*tabular.File, error) {
		return b.Open(ctx, res.Paths[0], tabular.Options{Encoding: res.Encoding, Delimiter: res.Delimiter})
	}
	p.Schema = func(ctx context.Context, ref string) (*schema.Schema, error) {
		if strings.Contains(ref, "://") || path.Ext(ref) != ".json" {
			return elsewhere(ctx, ref)
		}
		data, err := b.Text(ref, maxDescriptor)
		if err != nil {
			return nil, err
		}
		return schema.Parse(data)
	}
	return p, nil
}

// schemaOf is the schema of a table: in the descriptor, named by it, or made from
// the rows when it says nothing.
func (p Package) schemaOf(ctx context.Context, res *schema.Resource, workers int) (s *schema.Schema, err error) {
	switch {
	case res.Schema != nil:
		return res.Schema, nil
	case res.SchemaRef != "":
		return p.Schema(ctx, res.SchemaRef)
	}
	f, err := p.Open(ctx, res)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return Infer(ctx, f, InferOptions{Workers: workers})
}

// RunPackage checks all tables of a package, each against its own schema; foreign
// keys lead from one to the other. each is given the reports one by one. Kinds:
// those of Run.
func RunPackage(ctx context.Context, p Package, o Options, each func(*schema.Resource, *Report) error) (valid bool, err error) {
	others := Tables{}
	for i := range p.Resources {
		others[p.Resources[i].Name] = func(ctx context.Context) (*tabular.File, error) { return p.Open(ctx, &p.Resources[i]) }
	}
	valid = true
	for i := range p.Resources {
		res := &p.Resources[i]
		o.References, o.Resource = others, res.Name
		r, err := p.run(ctx, res, o)
		if err != nil {
			return false, fmt.Errorf("%s: %w", res.Name, err)
		}
		valid = valid && r.Valid
		if err := each(res, r); err != nil {
			return false, err
		}
	}
	return valid, nil
}

func (p Package) run(ctx context.Context, res *schema.Resource, o Options) (r *Report, err error) {
	s, err := p.schemaOf(ctx, res, o.Workers)
	if err != nil {
		return nil, err
	}
	f, err := p.Open(ctx, res)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return Run(ctx, f, s, o)
}

// PackageWire is the report of a package as the command line and the API write it:
// that of each of its tables.
type PackageWire struct {
	Valid     bool           `json:"valid"`
	Name      string         `json:"name"`
	Resources []ResourceWire `json:"resources"`
}

// ResourceWire is the report of a table of a package.
type ResourceWire struct {
	Name   string `json:"name"`
	Path   string `json:"path"`
	Report *Wire  `json:"report"`
}

// ContractPackage checks a package and gives its report in a language.
func ContractPackage(ctx context.Context, p Package, o Options, l i18n.Lang) (out PackageWire, err error) {
	out = PackageWire{Name: p.Name, Resources: []ResourceWire{}}
	out.Valid, err = RunPackage(ctx, p, o, func(res *schema.Resource, r *Report) error {
		out.Resources = append(out.Resources, ResourceWire{res.Name, res.Paths[0], Contract(r, l)})
		return nil
	})
	return out, err
}
