package app

import (
	"testing"
	"time"
)

func TestSecurityText(t *testing.T) {
	got := securityText("securite@exemple.fr", "https://donnees.exemple.fr/", time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC))
	want := "Contact: mailto:securite@exemple.fr\nExpires: 2027-05-21T00:00:00Z\nPreferred-Languages: fr, en\nCanonical: https://donnees.exemple.fr/.well-known/security.txt\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
