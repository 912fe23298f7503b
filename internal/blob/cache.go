package blob

import (
	"container/list"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"syscall"
)

// cache holds local copies of blobs in a folder, up to a number of bytes: those
// not used for longest go first, those in use stay. Copies of the last process
// are taken over and checked when first asked for.
type cache struct {
	dir     string
	limit   int64
	checked checked

	mu      sync.Mutex
	used    int64
	entries map[Hash]*entry
	recent  *list.List // of *entry, the latest in front
	coming  map[Hash]*arrival
}

type entry struct {
	hash Hash
	size int64
	pins int
	at   *list.Element
}

// arrival is a copy that is being fetched, for all who ask meanwhile.
type arrival struct {
	done chan struct{}
	err  error
}

func openCache(dir string, limit int64) (*cache, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	c := &cache{dir: dir, limit: limit, entries: map[Hash]*entry{}, recent: list.New(), coming: map[Hash]*arrival{}}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var infos []fs.FileInfo
	for _, f := range files {
		info, err := f.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case Hash(f.Name()).valid():
			infos = append(infos, info)
		default: // half a copy of a process that died
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].ModTime().Before(infos[j].ModTime()) })
	for _, info := range infos {
		c.add(Hash(info.Name()), info.Size())
	}
	c.shrink(0)
	return c, nil
}

func (c *cache) path(h Hash) string { return filepath.Join(c.dir, string(h)) }

// get returns the copy of h, made by fetch when there is none.
func (c *cache) get(ctx context.Context, h Hash, fetch func(context.Context) (io.ReadCloser, error)) (*Local, error) {
	for {
		c.mu.Lock()
		if e, ok := c.entries[h]; ok {
			e.pins++
			c.recent.MoveToFront(e.at)
			c.mu.Unlock()
			if _, err := c.checked.file(c.path(h), h); err == nil {
				return c.local(e), nil
			}
			c.mu.Lock()
			c.drop(e) // damaged, or deleted by someone: fetched anew
			c.mu.Unlock()
			continue
		}
		a, busy := c.coming[h]
		if !busy {
			a = &arrival{done: make(chan struct{})}
			c.coming[h] = a
		}
		c.mu.Unlock()
		if !busy {
			l, err := c.fetch(ctx, h, fetch)
			c.mu.Lock()
			delete(c.coming, h)
			c.mu.Unlock()
			a.err = err
			close(a.done)
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-a.done:
		}
		// The context that ended may have been the other's.
		if a.err != nil && !isContext(a.err) {
			return nil, a.err
		}
	}
}

func (c *cache) fetch(ctx context.Context, h Hash, fetch func(context.Context) (io.ReadCloser, error)) (*Local, error) {
	size, err := c.copy(ctx, h, fetch)
	if errors.Is(err, syscall.ENOSPC) {
		c.mu.Lock()
		c.shrink(c.limit)
		c.mu.Unlock()
		size, err = c.copy(ctx, h, fetch)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.add(h, size)
	e.pins++
	c.shrink(0)
	return c.local(e), nil
}

// copy writes a copy that was checked while it came.
func (c *cache) copy(ctx context.Context, h Hash, fetch func(context.Context) (io.ReadCloser, error)) (size int64, err error) {
	r, err := fetch(ctx)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	f, err := os.CreateTemp(c.dir, "get-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	size, err = io.Copy(f, r)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), c.path(h)); err != nil {
		return 0, err
	}
	info, err := os.Stat(c.path(h))
	if err != nil {
		return 0, err
	}
	c.checked.add(h, markOf(info))
	return size, nil
}

// adopt moves a file that has just been hashed into the cache, for who wants
// to read what was just put. A file that cannot be moved there, or would push
// out much else, is left.
func (c *cache) adopt(path string, ref Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[ref.Hash]; known || ref.Size > c.limit/2 {
		return
	}
	if err := os.Rename(path, c.path(ref.Hash)); err != nil {
		return
	}
	if info, err := os.Stat(c.path(ref.Hash)); err == nil {
		c.checked.add(ref.Hash, markOf(info))
	}
	c.add(ref.Hash, ref.Size)
	c.shrink(0)
}

// add notes a copy as the latest. The caller holds the lock, but at opening.
func (c *cache) add(h Hash, size int64) *entry {
	if e, known := c.entries[h]; known {
		c.recent.MoveToFront(e.at)
		return e
	}
	e := &entry{hash: h, size: size}
	e.at = c.recent.PushFront(e)
	c.entries[h] = e
	c.used += size
	return e
}

// shrink deletes the oldest copies until room more bytes fit. The caller holds
// the lock, but at opening.
func (c *cache) shrink(room int64) {
	for at := c.recent.Back(); at != nil && c.used+room > c.limit; {
		e := at.Value.(*entry)
		at = at.Prev()
		if e.pins == 0 {
			c.drop(e)
		}
	}
}

func (c *cache) drop(e *entry) {
	if c.entries[e.hash] != e {
		return
	}
	delete(c.entries, e.hash)
	c.recent.Remove(e.at)
	c.used -= e.size
	_ = os.Remove(c.path(e.hash))
}

// forget deletes a copy now, or when nobody uses it any more.
func (c *cache) forget(h Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[h]; ok && e.pins == 0 {
		c.drop(e)
	}
}

func (c *cache) local(e *entry) *Local {
	return &Local{Path: c.path(e.hash), Ref: Ref{Hash: e.hash, Size: e.size}, release: sync.OnceFunc(func() { c.unpin(e) })}
}

func (c *cache) unpin(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.pins--
	c.shrink(0)
}
