package tabular

// MadeBatch is a batch of records that were not read from a file: rows entered by
// people, judged as a file is. It stays valid.
func MadeBatch(rows [][]string) *Batch {
	b := &Batch{pos: Position{Row: 2, Line: 2}}
	b.reset()
	for i, r := range rows {
		for _, c := range r {
			b.addString(c)
		}
		b.end(uint32(i))
	}
	b.span = uint32(len(rows))
	return b
}
