// Package run starts what the benchmarks measure: bin/socle as it is built, and a
// browser.
package run

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Portal is a running bin/socle that refuses nobody for asking too often.
type Portal struct {
	Base string // http://localhost:PORT
	Data string
	Took time.Duration // from its start to its first page

	args    []string
	cmd     *exec.Cmd
	stopped bool
}

// Start runs bin/socle on a folder and returns when it answers its first page.
func Start(b *testing.B, data string, flags ...string) *Portal {
	b.Helper()
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	p := &Portal{Base: fmt.Sprintf("http://localhost:%d", port), Data: data}
	p.args = []string{"--data", data, "--addr", fmt.Sprintf("127.0.0.1:%d", port), "--base-url", p.Base, "--log-level", "WARN"}
	p.cmd = p.Command(b, append([]string{"serve", "--limits-request-rate", "1000000", "--limits-request-burst", "1000000", "--auth-breached-url", "none"}, flags...)...)
	var out bytes.Buffer
	p.cmd.Stdout, p.cmd.Stderr = &out, os.Stderr
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, p.Base+"/", nil)
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatalf("%v: run \"make build\" first", err)
	}
	b.Cleanup(p.Stop)
	for time.Since(begin) < time.Minute {
		if res, err := http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				p.Took = time.Since(begin)
				return p
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatalf("the portal does not answer\n%s", &out)
	return nil
}

// Command is a command of the program on the folder of the portal.
func (p *Portal) Command(b *testing.B, words ...string) *exec.Cmd {
	b.Helper()
	bin, err := filepath.Abs("../../bin/socle")
	if err != nil {
		b.Fatal(err)
	}
	return exec.CommandContext(context.WithoutCancel(b.Context()), bin, append(words, p.args...)...)
}

// PID is that of the process.
func (p *Portal) PID() int { return p.cmd.Process.Pid }

// Stop ends the portal, once.
func (p *Portal) Stop() {
	if p.stopped {
		return
	}
	p.stopped = true
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// Memory reads a line of /proc/PID/status, in MB.
func (p *Portal) Memory(b *testing.B, name string) float64 {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), name+":"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(v, "kB")), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatalf("no %s in the status of the process", name)
	return 0
}
