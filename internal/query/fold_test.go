package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/query"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"Élan d’ÉTÉ à Nîmes, ŒUVRE":      "elan d'ete a nimes, oeuvre",
		"e\u0301te\u0301":                "ete",
		"Straße\tĲssel\u00a012\u202f000": "strasse ijssel 12 000",
		"Œuf n°2 — ½":                    "oeuf n°2 - 1⁄2",
		"ΑΘΉΝΑ Київ İstanbul":            "αθηνα киів istanbul",
		"a\x00b\nc\x1fd":                 "a b c d",
		"\xff":                           "\uFFFD",
	} {
		if got := string(query.Fold(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"  Saint-Jean d'Été, été ": {"saint", "jean", "d", "ete"},
		"12,5 €":                   {"12", "5"},
		" ?! ":                     {"?!"},
		" ":                        nil,
	} {
		if diff := cmp.Diff(want, query.Words(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}
