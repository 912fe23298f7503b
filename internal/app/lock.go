package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"socle/internal/config"
	"socle/internal/errs"
)

// lockName is the file of the data folder that the running portal holds.
const lockName = "socle.lock"

// lockData keeps a second portal from starting on the same SQLite database: two
// of them would both run the jobs and cache for themselves. On PostgreSQL
// several portals may share everything, and nothing is locked. The system ends
// the lock with the process, however it ends. Kinds: Conflict (another portal
// runs), Busy (the folder cannot be used).
func lockData(c *config.Config) (release func() error, err error) {
	defer errs.Wrap(&err, "app.lockData")
	if !strings.HasPrefix(c.Database(), "sqlite:") {
		return func() error { return nil }, nil
	}
	unusable := func(cause error) error {
		return errs.New(errs.Busy, "app.data-folder", errs.Args{"Path": c.Data}).WithHint("app.data-folder.hint").Because(cause)
	}
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, unusable(err)
	}
	f, err := os.OpenFile(filepath.Join(c.Data, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unusable(err)
	}
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case err == nil:
		return f.Close, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(errs.New(errs.Conflict, "app.locked", errs.Args{"Path": c.Data}).WithHint("app.locked.hint").Because(err), f.Close())
	default:
		return nil, errors.Join(unusable(err), f.Close())
	}
}
