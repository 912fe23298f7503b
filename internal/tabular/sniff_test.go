package tabular

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// TestLateAccents: the first accent may come long after what is looked at first.
func TestLateAccents(t *testing.T) {
	text := append([]byte("code;nom\n"), bytes.Repeat([]byte("1;abcdefghij\n"), 300_000)...)
	at := 3 * len(text) / 7
	at += bytes.IndexByte(text[at:], 'j')
	text[at] = 0xE9
	f, err := Open(t.Context(), Bytes(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Info.Encoding != "windows-1252" {
		t.Errorf("%q", f.Info.Encoding)
	}
}

func TestValidUTF8(t *testing.T) {
	pieces := []string{"a", "é", "€", "𝄞", "texte plus long que les autres", "\xc3", "\xa9", "\xed\xa0\x80", "\xc0\x80", "\xf5", "ÿ"}
	for n := range 40_000 {
		var b []byte
		for k, m := n, 0; k > 0 || m < 3; k, m = k/len(pieces), m+1 {
			b = append(b, pieces[k%len(pieces)]...)
			b = append(b, "0123456789012345678901234567890123456789"[:n%40]...)
		}
		if validUTF8(b) != utf8.Valid(b) {
			t.Fatalf("%q", b)
		}
	}
}

// TestTwice: what was encoded twice comes back, the rest stays.
func TestTwice(t *testing.T) {
	for in, want := range map[string]string{
		"Ã©tÃ©": "été", "Lâ€™Ã‰cole": "L’École", "prix : 12 â‚¬": "prix : 12 €", "à côté": "à côté", "Ã": "Ã", "plain": "plain", "Î“": "Γ",
	} {
		got, _ := once(nil, []byte(in))
		if string(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCharsetNames(t *testing.T) {
	for name, want := range map[string]string{"UTF-8": "utf-8", "latin1": "windows-1252", "ISO-8859-1": "windows-1252", "cp1252": "windows-1252", "ISO_8859-15": "iso-8859-15", "cp850": "ibm850", "utf-16": "utf-16le", "macroman": "macintosh"} {
		c, err := charsetNamed(name)
		if err != nil || c.name != want {
			t.Errorf("%s: %v %v", name, c, err)
		}
	}
}
