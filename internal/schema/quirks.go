package schema

import (
	"encoding/json"
	"strings"

	"socle/internal/errs"
)

// The slips that published schemas are known for: each is understood, and told
// in Warnings.

// memberSlips are misspelt members of a field.
var memberSlips = map[string]string{
	"contraints": "constraints", "constraint": "constraints", "contraintes": "constraints", "contrainte": "constraints", "contraint": "constraints",
	"Constraints": "constraints", "constrains": "constraints", "constaints": "constraints",
	"nom": "name", "Name": "name", "titre": "title", "Title": "title", "desc": "description", "descrption": "description",
	"exemple": "example", "exemples": "examples", "Example": "example", "Type": "type", "Format": "format",
	"trueValue": "trueValues", "falseValue": "falseValues", "true_values": "trueValues", "false_values": "falseValues",
	"missing_values": "missingValues", "missingvalues": "missingValues", "arrayItems": "arrayItem", "array_item": "arrayItem",
	"decimalchar": "decimalChar", "groupchar": "groupChar", "barenumber": "bareNumber", "bare_number": "bareNumber",
}

// constraintSlips are misspelt constraints.
var constraintSlips = map[string]string{
	"require": "required", "requiered": "required", "requierd": "required", "obligatoire": "required", "Required": "required",
	"uniqueness": "unique", "Unique": "unique", "min": "minimum", "max": "maximum", "Minimum": "minimum", "Maximum": "maximum",
	"minlength": "minLength", "maxlength": "maxLength", "min_length": "minLength", "max_length": "maxLength", "minLenght": "minLength", "maxLenght": "maxLength",
	"patern": "pattern", "pattren": "pattern", "regex": "pattern", "Pattern": "pattern", "enumeration": "enum", "Enum": "enum", "enums": "enum",
}

// typeSlips are types that are not of the standard, and what they mean.
var typeSlips = map[string]Type{
	"str": String, "text": String, "texte": String, "chaine": String, "varchar": String, "url": String, "uri": String, "email": String,
	"int": Integer, "entier": Integer, "long": Integer, "float": Number, "double": Number, "decimal": Number, "nombre": Number, "numeric": Number, "real": Number,
	"bool": Boolean, "booleen": Boolean, "booléen": Boolean, "timestamp": Datetime, "date-time": Datetime, "dateheure": Datetime, "heure": Time,
	"geo_point": Geopoint, "point": Geopoint, "geo_shape": GeoJSON, "json": Object, "annee": Year, "année": Year, "enum": String,
}

// wordyDates are date formats written in words.
var wordyDates = map[string]string{
	"yyyy-mm-dd": "%Y-%m-%d", "aaaa-mm-jj": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y", "jj/mm/aaaa": "%d/%m/%Y", "dd-mm-yyyy": "%d-%m-%Y",
	"yyyy/mm/dd": "%Y/%m/%d", "yyyymmdd": "%Y%m%d", "yyyy": "%Y", "yyyy-mm": "%Y-%m", "hh:mm": "%H:%M", "hh:mm:ss": "%H:%M:%S",
}

// knownChecks are the French checks, for the sake of their misspelt names.
var knownChecks = []string{"french-siret-value", "french-siren-value", "nomenclature-actes-value", "year-interval-value", "compare-columns-value",
	"sum-columns-value", "cohesive-columns-value", "one-of-required", "french-gps-coordinates", "opening-hours-value", "phone-number-value"}

// checkName mends the name of a check: underscores for hyphens, capitals.
func checkName(written string) (read string, changed bool) {
	n := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(written)), "_", "-")
	if n == written {
		return written, false
	}
	for _, k := range knownChecks {
		if k == n {
			return k, true
		}
	}
	return written, false
}

func (r *reader) misspelt(path string, o object) object {
	out := o
	for k, v := range o {
		right, ok := memberSlips[k]
		if !ok {
			continue
		}
		if _, has := o[right]; has {
			continue
		}
		if &out == &o || len(out) == len(o) {
			out = clone(out)
		}
		out[right] = v
		delete(out, k)
		r.warn(path, "schema.warning.misspelt", errs.Args{"Written": k, "Read": right, "Field": text(o["name"])})
	}
	return out
}

func (r *reader) misspeltConstraints(path string, f *Field, all object) object {
	out := clone(all)
	for k, v := range all {
		right, ok := constraintSlips[k]
		if ok {
			if _, has := all[right]; !has {
				out[right] = v
				r.warn(path+".constraints", "schema.warning.misspelt", errs.Args{"Written": k, "Read": right, "Field": f.Name})
			}
			continue
		}
		if k == "format" && f.Format == "" {
			if s := text(v); f.Type == String && (s == "uri" || s == "email" || s == "uuid" || s == "binary" || s == "wkt") {
				f.Format = s
				r.warn(path+".constraints", "schema.warning.format-in-constraints", errs.Args{"Field": f.Name, "Format": s})
			}
		}
	}
	return out
}

func clone(o map[string]json.RawMessage) object {
	c := make(object, len(o))
	for k, v := range o {
		c[k] = v
	}
	return c
}
