package cli

import (
	"context"

	"socle/internal/tabular"
)

type convertCommand struct {
	In      string `arg:"" placeholder:"IN"`
	To      string `placeholder:"FORMAT"`
	Output  string `short:"o" default:"-" placeholder:"OUT"`
	Lang    string `placeholder:"fr|en"`
	Reading `embed:""`
}

// ofPlaces: a table with coordinates is better off in the format with places.
func ofPlaces(format string) bool {
	f, ok := tabular.FormatNamed(format)
	return ok && (f.Places || format == "geojson" || format == "gpkg")
}

// Run writes a file in another format, its cells verbatim.
func (c *convertCommand) Run(ctx context.Context, r *run) error {
	to := c.To
	if to == "" {
		to = "csv"
		if c.Output != "-" {
			if f, ok := tabular.FormatOf(c.Output); ok {
				to = f.Name
			}
		}
	}
	c.places = ofPlaces(to)
	f, done, err := r.openTable(ctx, c.In, c.Reading)
	if err != nil {
		return err
	}
	w, finish, err := r.create(c.Output)
	if err == nil {
		err = finish(tabular.Convert(ctx, f, to, w))
	}
	if e := done(); err == nil {
		err = e
	}
	return err
}
