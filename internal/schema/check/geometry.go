package check

import "socle/internal/i18n"

// lost: what reading could not keep of a cell or a column, while all the rest is
// right. It is a warning: the file can be published without it.
func lost(key string) bool {
	switch key {
	case "tabular.fault.blob", "tabular.fault.geometry", "tabular.fault.memo", "tabular.fault.position", "tabular.fault.projected":
		return true
	}
	return false
}

// Keys that tell that places are not where the file's numbers said it.
const (
	keyConverted = "check.source-error.converted"
	keyLocated   = "check.source-error.located" // columns of degrees were added
	keyHeights   = "check.source-error.heights" // are not kept
)

// coordinates tells that the places of a file were converted to WGS 84.
func (p *plan) coordinates() {
	info := &p.file.Info
	if info.Heights {
		p.odd(Fault{Code: CodeSource, Key: keyHeights, Args: i18n.Args{"Column": info.Geometry}, field: -1})
	}
	switch {
	case info.Degrees != nil:
		args := i18n.Args{"System": info.CRS, "X": info.Coordinates[0], "Y": info.Coordinates[1], "Longitude": info.Degrees.Longitude, "Latitude": info.Degrees.Latitude}
		p.odd(Fault{Code: CodeSource, Key: keyLocated, Args: args, field: -1})
	case info.CRS != "":
		p.odd(Fault{Code: CodeSource, Key: keyConverted, Args: i18n.Args{"System": info.CRS, "Columns": info.Geometry}, field: -1})
	}
}
