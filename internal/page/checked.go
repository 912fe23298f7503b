package page

import "socle/internal/i18n"

// Check is what the tests prove of the accessibility of every version. The statement
// lists them; a test of the whole program holds each to its tests.
type Check struct {
	Key   string   // of the sentence that says it
	Tests []string // of package e2e
}

// Checks are all of them, in the order of the statement.
var Checks = []Check{
	{"page.checked.axe", []string{"TestEveryPage", "TestLinkPages", "TestFollow", "TestTerritory"}},
	{"page.checked.contrast", []string{"TestEveryPage"}},
	{"page.checked.zoom", []string{"TestEveryPage"}},
	{"page.checked.motion", []string{"TestEveryPage"}},
	{"page.checked.keyboard", []string{"TestKeyboardReading", "TestKeyboardChart", "TestKeyboardPublishing", "TestMenuOfAPhone"}},
	{"page.checked.names", []string{"TestNames"}},
	{"page.checked.scripts", []string{"TestWithoutScripts"}},
	{"page.checked.print", []string{"TestPrint"}},
}

// checked are the sentences of the checks.
func checked(l i18n.Lang) (list []string) {
	for _, c := range Checks {
		list = append(list, i18n.T(l, c.Key))
	}
	return list
}
