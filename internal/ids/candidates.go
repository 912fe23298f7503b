package ids

import "strconv"

// SlugCandidates returns addresses to try in turn for a title: its slug, the
// same with -2 to -9, then with the end of the identifier, which is free.
func SlugCandidates(title, id string) []string {
	base := Slug(title)
	out := []string{base}
	for n := 2; n <= 9; n++ {
		out = append(out, base+"-"+strconv.Itoa(n))
	}
	return append(out, base+"-"+id[max(0, len(id)-12):], base+"-"+id)
}
