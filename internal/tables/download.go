package tables

import "socle/internal/catalogue"

// DownloadName is the name under which rows of a dataset are saved: its slug, the
// day of the version, "extrait" for a part of them, the extension with its dot.
func DownloadName(d catalogue.Dataset, v catalogue.Version, part bool, extension string) string {
	name := d.Slug + "_" + v.CreatedAt.UTC().Format("2006-01-02")
	if part {
		name += "_extrait"
	}
	return name + extension
}
