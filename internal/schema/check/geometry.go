package check

import "socle/internal/i18n"

// lost: what reading could not keep of a cell or a column, while all the rest is
// right. It is a warning: the file can be published without it.
func lost(key string) bool {
	switch key {
	case "tabular.fault.blob", "tabular.fault.geometry", "tabular.fault.memo", "tabular.fault.position":
		return true
	}
	return false
}

// keyConverted tells that places are not where the file's numbers said it.
const keyConverted = "check.source-error.converted"

// coordinates tells that the places of a file were converted to WGS 84.
func (p *plan) coordinates() {
	if info := &p.file.Info; info.CRS != "" {
		p.odd(Fault{Code: CodeSource, Key: keyConverted, Args: i18n.Args{"System": info.CRS, "Columns": info.Geometry}, field: -1})
	}
}
