package app

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// releaseProgram lets the machine unmap those pages of the program that were needed
// last for making an import or an export, and are not at rest: code and constants.
// They stay in the machine's page cache, from where the processor maps them again
// when they are needed; nothing is read or written. Only mappings that cannot be
// written, and of which the process has no page of its own, are let go.
func releaseProgram() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer f.Close()
	var at mapping
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if m, ok := parseMapping(line); ok {
			at = m
			continue
		}
		// The line comes after those of the mapping, which are those of one moment.
		if own, found := strings.CutPrefix(line, "Anonymous:"); found && strings.TrimSpace(own) == "0 kB" && at.path == self && !strings.Contains(at.rights, "w") {
			if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, at.from, at.to-at.from, syscall.MADV_DONTNEED); errno != 0 {
				return errno
			}
		}
	}
	return lines.Err()
}

// mapping is a range of addresses as /proc/self/smaps tells it.
type mapping struct {
	from, to uintptr
	rights   string
	path     string
}

// parseMapping reads the first line of a mapping: addresses, rights, offset,
// device, inode, path.
func parseMapping(line string) (m mapping, ok bool) {
	f := strings.Fields(line)
	if len(f) < 6 || strings.HasSuffix(f[0], ":") {
		return m, false
	}
	from, to, found := strings.Cut(f[0], "-")
	if !found {
		return m, false
	}
	a, err1 := strconv.ParseUint(from, 16, 64)
	b, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil || b <= a {
		return m, false
	}
	return mapping{uintptr(a), uintptr(b), f[1], strings.Join(f[5:], " ")}, true
}
