package cli

import (
	"context"
	"errors"
	"io/fs"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/schema/national"
)

// Catalogue is where schemas are that are not bundled: the setting of the server.
type Catalogue struct {
	SchemaCatalogue string `placeholder:"URL" default:"${catalogue}"`
}

// maxDescriptor is the size of a descriptor read from the network, in bytes.
const maxDescriptor = 16 << 20

// schema finds the schema of a reference: a path, an address, a bundled id, or
// one of the national catalogue when the network allows.
func (r *run) schema(ctx context.Context, ref string, c Catalogue) (*schema.Schema, error) {
	if httpx.IsAddress(ref) {
		return r.schemaAt(ctx, ref)
	}
	if data, err := r.ReadFile(ref); err == nil {
		s, err := schema.Parse(data)
		if err == nil && s.ID == "" {
			s.ID = ref
		}
		return s, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s, unknown := national.Find(ref)
	if unknown == nil || c.SchemaCatalogue == "none" {
		return s, unknown
	}
	list, err := r.national(ctx, c)
	if err != nil {
		return nil, notListed(unknown, ref).Because(err)
	}
	l, ok := list.Find(ref)
	if !ok {
		return nil, unknown
	}
	return r.schemaAt(ctx, l.Versions[0].Address)
}

// notListed says that a schema is not bundled and that the catalogue could not be
// read; the hint of near names stays.
func notListed(unknown error, ref string) *errs.Error {
	was := errs.As(unknown)
	e := errs.New(errs.NotFound, "cli.schema-catalogue", errs.Args{"Ref": ref, "Near": was.Args["Near"]}).WithHint("cli.schema-catalogue.hint")
	if was.Args["Near"] != nil {
		e = e.WithHint("national.near.hint")
	}
	return e
}

// national reads the national catalogue.
func (r *run) national(ctx context.Context, c Catalogue) (national.Catalogue, error) {
	if c.SchemaCatalogue == "none" {
		return nil, nil
	}
	d, err := httpx.Fetch(ctx, r.Fetch, c.SchemaCatalogue, "", maxDescriptor)
	if err != nil {
		return nil, err
	}
	return national.ParseCatalogue(d.Body)
}

// schemaAt reads the descriptor at an address. Kinds: Invalid, Busy, NotFound.
func (r *run) schemaAt(ctx context.Context, address string) (*schema.Schema, error) {
	d, err := httpx.Fetch(ctx, r.Fetch, address, "", maxDescriptor)
	if err != nil {
		return nil, err
	}
	s, err := schema.Parse(d.Body)
	if err == nil && s.ID == "" {
		s.ID = address
	}
	return s, err
}

type schemasCommand struct {
	National  bool
	Catalogue `embed:""`
}

// Run lists the bundled schemas, or the others of the national catalogue.
func (c *schemasCommand) Run(ctx context.Context, r *run) error {
	if !c.National {
		for _, e := range national.List() {
			r.printf("%-40s %s\n", e.Ref(), e.Name(r.lang))
		}
		return nil
	}
	list, err := r.national(ctx, c.Catalogue)
	if err != nil {
		return err
	}
	for _, l := range list.Others() {
		r.printf("%-56s %s\n", l.Ref(), l.Title)
	}
	return nil
}
