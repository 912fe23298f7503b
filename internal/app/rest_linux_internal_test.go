package app

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

// What is let go is what the process has mapped of its program; it runs on, and
// maps what it needs again.
func TestReleaseProgram(t *testing.T) {
	before := fileBacked(t)
	if err := releaseProgram(); err != nil {
		t.Fatal(err)
	}
	after := fileBacked(t)
	if after >= before {
		t.Errorf("%d kB of files are resident after, %d before", after, before)
	}
	if err := releaseProgram(); err != nil { // all code still runs
		t.Fatal(err)
	}
}

func fileBacked(t *testing.T) int {
	t.Helper()
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if kB, ok := strings.CutPrefix(lines.Text(), "RssFile:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(kB, "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no RssFile")
	return 0
}

func TestParseMapping(t *testing.T) {
	m, ok := parseMapping("00a99000-04b0a000 r-xp 00699000 fe:00 9986072                            /opt/my socle/bin")
	if !ok || m.from != 0xa99000 || m.to != 0x4b0a000 || m.rights != "r-xp" || m.path != "/opt/my socle/bin" {
		t.Errorf("%+v %v", m, ok)
	}
	for _, line := range []string{"", "Rss:               43780 kB", "7fddf9a00000-7fddfb600000 rw-p 00000000 00:00 0", "VmFlags: rd ex mr mw me sd", "b-a r-xp 0 0 0 /x"} {
		if m, ok := parseMapping(line); ok {
			t.Errorf("%q is %+v", line, m)
		}
	}
}
