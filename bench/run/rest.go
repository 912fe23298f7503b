package run

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Rest waits until a portal has done what follows a start or a publication: indexes,
// profile, words for the search.
func Rest(b *testing.B, pid int) {
	b.Helper()
	for range 600 {
		before := Processor(pid)
		time.Sleep(500 * time.Millisecond)
		if Processor(pid)-before < 25*time.Millisecond {
			return
		}
	}
	b.Fatal("the portal never rests")
}

// Processor is the time that a process has used of its processors, of which the
// machine's other work takes nothing.
func Processor(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	const tick = 10 * time.Millisecond // USER_HZ
	return time.Duration(user+system) * tick
}
