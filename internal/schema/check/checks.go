package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// cellCheck judges the cells of one column, after their type and constraints.
type cellCheck struct {
	name string
	// judge returns the key of what is wrong, "" when nothing is.
	judge func(cell []byte, v *schema.Value) (key string, args i18n.Args)
	codes map[string]string // codes of keys, where they differ from name
}

func (c *cellCheck) code(key string) string {
	if code, ok := c.codes[key]; ok {
		return code
	}
	return c.name
}

// rowCheck judges rows over several columns.
type rowCheck struct {
	name  string
	at    int // the column told, from 0; -1 for none
	judge func(b *tabular.Batch, i int) (key string, args i18n.Args)
}

func (p *plan) planChecks() {}
