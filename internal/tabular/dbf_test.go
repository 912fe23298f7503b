package tabular

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

// dbfOf builds a dBase table. fields are "NAME,C,10" or "NAME,N,8,2"; a record is
// the bytes of its fields, a first byte of "*" deletes it.
func dbfOf(version, language byte, fields []string, records ...string) []byte {
	head := append([]byte(nil), make([]byte, 32)...)
	head[0], head[1], head[2], head[3], head[29] = version, 124, 2, 29, language
	width := 1
	for _, f := range fields {
		part := append(strings.Split(f, ","), "0")
		d := make([]byte, 32)
		copy(d, part[0])
		d[11] = part[1][0]
		n := 0
		for _, c := range part[2] {
			n = n*10 + int(c-'0')
		}
		d[16], d[17] = byte(n), part[3][0]-'0'
		if part[1] == "C" && n > 255 {
			d[17] = byte(n >> 8)
		}
		width += n
		head = append(head, d...)
	}
	head = append(head, '\r')
	binary.LittleEndian.PutUint32(head[4:], uint32(len(records)))
	binary.LittleEndian.PutUint16(head[8:], uint16(len(head)))
	binary.LittleEndian.PutUint16(head[10:], uint16(width))
	for _, r := range records {
		rec := []byte(r)
		if len(rec) < width && (len(rec) == 0 || rec[0] != '*') {
			rec = append([]byte(" "), rec...)
		}
		head = append(head, rec...)
		head = append(head, bytes.Repeat([]byte(" "), width-len(rec))...)
	}
	return append(head, 0x1a)
}

func eight(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }

func TestDBF(t *testing.T) {
	latin, _ := charmap.Windows1252.NewEncoder().String("Écluse d’Œuf")
	dos, _ := charmap.CodePage850.NewEncoder().String("Écluse à clés")
	for _, c := range []struct {
		name     string
		data     []byte
		o        Options
		encoding string
		want     string
	}{
		{"kinds", dbfOf(3, 0, []string{"NOM,C,10", "NB,N,6", "PRIX,N,9,2", "JOUR,D,8", "OUI,L,1", "REEL,F,12,4"},
			fmt.Sprintf("%-10s%6s%9s%8s%s%12s", "Muret", "12", "-3.50", "20240229", "T", "1.5e3"), fmt.Sprintf("%-10s%6s%9s%8s%s%12s", "a", "", "", "00000000", "?", "************"),
			fmt.Sprintf("%-10s%6s%9s%8s%s%12s", "b", "******", ".5", " 2024022", "f", "0.2500")),
			Options{}, "windows-1252", "NOM|NB|PRIX|JOUR|OUI|REEL\nMuret|12|-3.5|2024-02-29|true|1.5e3\na|||||\nb||.5| 2024022|false|0.25\n"},
		{"kinds of FoxPro", dbfOf(0x30, 3, []string{"I,I,4", "B,B,8", "Y,Y,8", "T,T,8", "_Null,0,1"},
			"\xfe\xff\xff\xff"+eight(math.Float64bits(2.25))+eight(12345)+eight(2460370|43200000<<32)+"x"),
			Options{}, "windows-1252", "I|B|Y|T\n-2|2.25|1.2345|2024-02-29T12:00:00\n"},
		{"a deleted record", dbfOf(3, 0, []string{"A,C,3"}, "un", "*de", "3"), Options{}, "windows-1252", "A\nun\n3\n"},
		{"windows-1252", dbfOf(3, 0x57, []string{"A,C,12"}, latin), Options{}, "windows-1252", "A\nÉcluse d’Œuf\n"},
		{"UTF-8 whatever the driver says", dbfOf(3, 0x57, []string{"A,C,20"}, "Écluse"), Options{}, "utf-8", "A\nÉcluse\n"},
		{"code page 850", dbfOf(3, 2, []string{"A,C,20"}, dos), Options{}, "ibm850", "A\nÉcluse à clés\n"},
		{"code page 850, asked for", dbfOf(3, 3, []string{"A,C,20"}, dos), Options{Encoding: "cp850"}, "ibm850", "A\nÉcluse à clés\n"},
		{"a label with an accent", dbfOf(3, 3, []string{"Libell\xe9,C,4"}, "x"), Options{}, "windows-1252", "Libellé\nx\n"},
		{"a long text", dbfOf(3, 3, []string{"A,C,300"}, strings.Repeat("x", 300)), Options{}, "windows-1252", "A\n" + strings.Repeat("x", 300) + "\n"},
		{"memos are told", dbfOf(0x83, 3, []string{"A,C,3", "NOTE,M,9"}, "un         7"), Options{}, "windows-1252", "A|NOTE\nun|\nfault: 2 tabular.fault.memo\n"},
		{"no record", dbfOf(3, 3, []string{"A,C,3"}), Options{}, "windows-1252", "A\n"},
		{"packed", gz(dbfOf(3, 3, []string{"A,C,3"}, "un")), Options{}, "windows-1252", "A\nun\n"},
		{"in an archive", zipOf(t, [2]string{"lisez.md", "x"}, [2]string{"d/T.DBF", string(dbfOf(3, 3, []string{"A,C,3"}, "un"))}), Options{}, "windows-1252", "A\nun\n"},
	} {
		f, rows := readCells(t, c.data, c.o)
		got := strings.Join(f.Header, "|") + "\n"
		for _, r := range rows {
			got += strings.Join(r, "|") + "\n"
		}
		for _, ft := range f.Faults {
			got += "fault: " + string(rune('0'+ft.Column)) + " " + ft.Key + "\n"
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if f.Info.Encoding != c.encoding || f.Info.Format != "dbf" {
			t.Errorf("%s: %+v", c.name, f.Info)
		}
	}
}

// TestNotDBF: what only begins like a dBase table is none.
func TestNotDBF(t *testing.T) {
	good := dbfOf(3, 0, []string{"A,C,3"}, "un")
	for at, c := range map[int]byte{0: 'x', 2: 13, 3: 32, 8: 10, 10: 1, 32: 7, 43: 'z'} {
		bad := bytes.Clone(good)
		bad[at] = c
		if _, ok := dbfLength(bad); ok {
			t.Errorf("byte %d: taken for dBase", at)
		}
	}
	if _, ok := dbfLength(good[:40]); ok {
		t.Error("cut: taken for dBase")
	}
}

func TestCodepageName(t *testing.T) {
	for in, want := range map[string]string{
		"UTF-8": "utf-8", "utf8\r\n": "utf-8", "65001": "utf-8", "1252": "windows-1252", "ANSI 1252": "windows-1252", "ISO 88591": "windows-1252", "ISO-8859-1": "windows-1252",
		"88591": "windows-1252", "ISO-8859-15": "iso-8859-15", "850": "ibm850", "OEM 850": "ibm850", "CP437": "ibm437", "windows-1252": "windows-1252", "klingon": "", "": "",
	} {
		if got := codepageName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzDBF: any bytes are read without harm.
func FuzzDBF(f *testing.F) {
	f.Add(dbfOf(3, 0x57, []string{"NOM,C,10", "NB,N,6", "JOUR,D,8", "OUI,L,1"}, "Muret         1220240229T"))
	f.Add(dbfOf(0x30, 3, []string{"I,I,4", "T,T,8"}, "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { readFuzzed(t, data, Options{Format: "dbf"}) })
}
