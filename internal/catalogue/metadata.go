package catalogue

// Complete checks that a description says all that publishing asks for, before
// there is a dataset. Kinds: Invalid (fields).
func (m Metadata) Complete() error {
	m, err := checkMetadata(m)
	if err != nil {
		return err
	}
	f := newForm()
	for _, missing := range (Dataset{Metadata: m}).Missing() {
		if missing.Name != "resources" {
			f.e.Fields = append(f.e.Fields, missing)
		}
	}
	return f.err()
}
