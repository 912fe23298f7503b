package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// lean speaks HTTP/1.1 over one connection that stays, at little cost: client
// and portal share the machine.
type lean struct {
	host string
	conn net.Conn
	in   *bufio.Reader
}

func dial(base string) (*lean, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &lean{u.Host, c, bufio.NewReaderSize(c, 256<<10)}, nil
}

// answer is what came back.
type answer struct {
	status int
	bytes  int64
	first  time.Duration // until the first byte of the body
	body   []byte        // the beginning of it
}

// get asks for a path; the body is read and let go, but for its beginning.
func (l *lean) get(path string, headers ...string) (a answer, err error) {
	start := time.Now()
	req := make([]byte, 0, 512)
	req = append(append(append(append(req, "GET "...), path...), " HTTP/1.1\r\nHost: "...), l.host...)
	for _, h := range headers {
		req = append(append(req, "\r\n"...), h...)
	}
	if _, err := l.conn.Write(append(req, "\r\n\r\n"...)); err != nil {
		return a, err
	}
	line, err := l.in.ReadSlice('\n')
	if err != nil {
		return a, err
	}
	if len(line) > 12 {
		a.status, _ = strconv.Atoi(string(line[9:12]))
	}
	length, chunked := int64(0), false
	for {
		if line, err = l.in.ReadSlice('\n'); err != nil {
			return a, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return a, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if _, err := l.in.Peek(1); err != nil {
		return a, err
	}
	a.first = time.Since(start)
	if !chunked {
		return a, l.take(&a, length)
	}
	for {
		if line, err = l.in.ReadSlice('\n'); err != nil {
			return a, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return a, err
		}
		if err := l.take(&a, size); err != nil {
			return a, err
		}
		if _, err := l.in.Discard(2); err != nil {
			return a, err
		}
		if size == 0 {
			return a, nil
		}
	}
}

// take reads so many bytes of a body.
func (l *lean) take(a *answer, n int64) error {
	a.bytes += n
	if keep := min(n, int64(512-len(a.body))); keep > 0 {
		at := len(a.body)
		a.body = append(a.body, make([]byte, keep)...)
		if _, err := io.ReadFull(l.in, a.body[at:]); err != nil {
			return err
		}
		n -= keep
	}
	for n > 0 {
		k, err := l.in.Discard(int(min(n, 1<<20)))
		if n -= int64(k); err != nil {
			return err
		}
	}
	return nil
}

// served is how fast requests were answered.
type served struct {
	n         int
	p50, p99  time.Duration
	perSecond float64
}

func (s served) String() string {
	return fmt.Sprintf("p50 %6.2f ms, p99 %7.2f ms, %6.0f requests/s (%d requests)", 1000*s.p50.Seconds(), 1000*s.p99.Seconds(), s.perSecond, s.n)
}

// ask has connections send requests in turn, the i-th of path(i): times of them, or
// for so long when times is 0.
func ask(base string, connections, times int, lasting time.Duration, path func(i int) string) (s served, err error) {
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	var all []time.Duration
	begin := time.Now()
	for range connections {
		wg.Go(func() {
			each, e := work(base, &next, times, begin, lasting, path)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, each...)
			if e != nil {
				err = e
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	if err != nil || len(all) == 0 {
		return s, err
	}
	slices.Sort(all)
	return served{len(all), all[len(all)/2], all[len(all)*99/100], float64(len(all)) / took.Seconds()}, nil
}

// work is one connection's share of ask.
func work(base string, next *atomic.Int64, times int, begin time.Time, lasting time.Duration, path func(i int) string) (each []time.Duration, err error) {
	c, err := dial(base)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	for {
		i := int(next.Add(1)) - 1
		if times > 0 && i >= times || times == 0 && time.Since(begin) > lasting {
			return each, nil
		}
		start := time.Now()
		a, err := c.get(path(i))
		if err != nil {
			return nil, err
		}
		if a.status != 200 {
			return nil, fmt.Errorf("%s: status %d: %s", path(i), a.status, a.body)
		}
		each = append(each, time.Since(start))
	}
}
