package collectui

import (
	"maps"
	"slices"

	"github.com/a-h/templ"
)

// words gives an island what it says, as data- attributes.
func words(list map[string]string) templ.OrderedAttributes {
	var out templ.OrderedAttributes
	for _, k := range slices.Sorted(maps.Keys(list)) {
		out = append(out, templ.KeyValue[string, any]{Key: "data-word-" + k, Value: list[k]})
	}
	return out
}
