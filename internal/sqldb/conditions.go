package sqldb

import (
	"strconv"
	"strings"
)

// Conditions gathers the conditions of a statement and their arguments, from $1 on: of a
// list that is narrowed in many ways. The zero value has none.
type Conditions struct {
	Args []any
	list []string
}

// Add is one more condition that must hold.
func (c *Conditions) Add(condition string) { c.list = append(c.list, condition) }

// Arg keeps a value and returns its placeholder.
func (c *Conditions) Arg(v any) string {
	c.Args = append(c.Args, v)
	return "$" + strconv.Itoa(len(c.Args))
}

// String is the WHERE clause, starting with a space; "" without conditions.
func (c *Conditions) String() string {
	if len(c.list) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.list, " AND ")
}

// In is "column IN ($n, …)", which no row fulfils without values.
func In[T any](c *Conditions, column string, values []T) string {
	if len(values) == 0 {
		return "1 = 0"
	}
	marks := Marks(len(c.Args)+1, len(values))
	c.Args = append(c.Args, AnySlice(values)...)
	return column + " IN (" + marks + ")"
}
