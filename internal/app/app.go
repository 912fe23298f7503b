package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/collect"
	"socle/internal/community"
	"socle/internal/config"
	"socle/internal/consolidation"
	"socle/internal/dashboard"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/oidc"
	"socle/internal/publish"
	"socle/internal/schemas"
	"socle/internal/sqldb"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/usage"
	"socle/internal/web/shell"
)

// App is the whole of Socle, built and not yet running.
type App struct {
	Config    *config.Config
	Log       *slog.Logger
	DB        *sqldb.DB
	Blobs     *blob.Store
	Runner    *jobs.Runner
	Identity  *identity.Service
	Catalogue *catalogue.Service
	Find      *find.Service
	Schemas   *schemas.Service
	Tables    *tables.Service
	Engine    tables.Engine
	Publish   *publish.Service
	Forms     *collect.Service
	Merge     *consolidation.Service
	Boards    *dashboard.Service
	Usage     *usage.Service
	Follows   *follow.Service
	Community *community.Service
	Fetch     *http.Client
	Providers []*oidc.Provider // of identity
	Version   string
	flashKey  []byte       // signs the answers to acts
	followKey []byte       // signs links of messages, makes the secrets of webhooks
	shell     *shell.Shell // once Handler was called
	closers   []func() error
}

// Build opens the storage and joins the parts; it starts nothing. Close the App
// when done. Kinds: Invalid (settings), Busy (a database or a folder that
// cannot be used).
func Build(ctx context.Context, c *config.Config, log *slog.Logger, version string) (*App, error) {
	return build(ctx, c, log, version, anyPortal)
}

// there is Build of a portal that must be there already: a mistyped folder or database is
// told, and nothing is made in its place. Kinds: NotFound, and those of Build.
func there(ctx context.Context, c *config.Config) (*App, error) {
	return build(ctx, c, slog.New(slog.DiscardHandler), Version, madePortal)
}

// start says what is found where a portal is.
type start int

const (
	anyPortal   start = iota // it is made when it is not there
	madePortal               // it is there
	emptyPortal              // nothing, and it is left so, for a backup to be loaded into
)

func build(ctx context.Context, c *config.Config, log *slog.Logger, version string, from start) (a *App, err error) {
	defer errs.Wrap(&err, "app.Build")
	a = &App{Config: c, Log: log, Version: version}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
			a = nil
		}
	}()
	if err := a.openStorage(ctx, from); err != nil {
		return a, err
	}
	a.Fetch = httpx.Client(httpx.ClientOptions{MaxBytes: int64(c.Limits.Outgoing), Allow: c.AllowedNetworks, UserAgent: "Socle/" + version})
	if a.Runner, err = jobs.New(a.DB, jobs.Options{Log: log, Workers: c.Limits.Workers}); err != nil {
		return a, err
	}
	a.Identity = identity.New(a.DB, a.identityOptions())
	if a.Providers, err = a.identityProviders(os.ReadFile); err != nil {
		return a, err
	}
	a.Catalogue = catalogue.New(a.DB, nil).WithQuota(catalogue.Quota{Bytes: int64(c.Limits.OrganisationBytes), Rows: c.Limits.OrganisationRows}).
		WithMakers(collect.Maker(), consolidation.Maker()).WithBeside(collect.HeldTx)
	a.Schemas = schemas.New(schemas.Options{DB: a.DB, Fetch: httpx.Fetcher(a.Fetch, schemas.MaxDescriptor), Address: c.Catalogue(), Log: log})
	a.Tables = tables.New(tables.Options{DB: a.DB, Blobs: a.Blobs, Schemas: a.Schemas.Find, Catalogue: a.Catalogue, BaseURL: c.Base().String(), Temp: a.temp(), Log: log,
		Limits: tables.Limits{UploadBytes: int64(c.Limits.Upload)}})
	a.Find = find.New(find.Options{Dir: a.indexDir(), Catalogue: a.Catalogue, Identity: a.Identity, Located: tables.Located, Cells: a.Tables.Cells, Schemas: a.Schemas.Listed, Use: a.used, Log: log, Now: time.Now})
	a.closers = append(a.closers, a.Find.Close)
	a.Publish = publish.New(a.DB, a.Tables, a.Catalogue, c.Demo)
	keep := catalogue.Keep{All: c.Entries.KeepAll, Hourly: c.Entries.KeepHourly, Daily: c.Entries.KeepDaily}
	a.Forms = collect.New(collect.Options{
		DB: a.DB, Blobs: a.Blobs, Catalogue: a.Catalogue, Identity: a.Identity, Schemas: a.Schemas.Find, Rows: a.Tables.EachRow, BaseURL: c.Base().String(), Temp: a.temp(), Log: log,
		Limits: collect.Limits{File: int64(c.Entries.File), Watchers: c.Entries.Watchers}, Keep: keep,
	})
	a.Merge = consolidation.New(consolidation.Options{DB: a.DB, Blobs: a.Blobs, Catalogue: a.Catalogue, Identity: a.Identity, Tables: a.Tables, Schemas: a.Schemas.Find, BaseURL: c.Base().String(), Temp: a.temp(), Keep: keep, Demo: c.Demo})
	a.Usage = usage.New(a.DB)
	a.Follows = a.follows()
	a.Community = community.New(community.Options{DB: a.DB, Identity: a.Identity, Catalogue: a.Catalogue, BaseURL: strings.TrimSuffix(c.Base().String(), "/"), Host: c.Host.Name, Contact: c.Host.Contact, Keep: time.Duration(c.Keep.Askers) * day})
	engine, err := duck.Open(filepath.Join(c.Data, "cache", "tables"), duck.Options{Memory: int64(c.Limits.QueryMemory), Cache: int64(c.Limits.Cache), Time: c.Limits.QueryTime})
	if err != nil {
		return a, err
	}
	a.Engine = engine
	a.Boards = dashboard.New(dashboard.Options{DB: a.DB, Catalogue: a.Catalogue, Tables: a.Tables, Engine: engine, Consolidated: a.consolidated})
	a.closers = append(a.closers, engine.Close)
	a.handleJobs()
	a.listen()
	return a, nil
}

func (a *App) temp() string { return tables.TempDir(a.Config.Data) }

// indexDir holds the indexes of the search, a cache.
func (a *App) indexDir() string { return filepath.Join(a.Config.Data, "index") }

func (a *App) openStorage(ctx context.Context, from start) (err error) {
	c := a.Config
	if path, local := strings.CutPrefix(c.Database(), "sqlite:"); local && from == madePortal {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // opening would make it
			return noPortal(path)
		}
	}
	if err := os.MkdirAll(a.temp(), 0o750); err != nil {
		return errs.New(errs.Busy, "app.data-folder", errs.Args{"Path": c.Data}).WithHint("app.data-folder.hint").Because(err)
	}
	if a.DB, err = sqldb.Open(ctx, sqldb.Options{URL: c.Database(), Log: a.Log}); err != nil {
		return err
	}
	a.closers = append(a.closers, a.DB.Close)
	if from == madePortal {
		if empty, err := a.DB.Empty(ctx); err != nil || empty {
			return cmp.Or(err, noPortal(c.Database()))
		}
	}
	if from != emptyPortal {
		if err := a.DB.Migrate(ctx); err != nil {
			return err
		}
		if a.flashKey, err = secret(ctx, a.DB, flashSecret); err != nil {
			return err
		}
		if a.followKey, err = secret(ctx, a.DB, followSecret); err != nil {
			return err
		}
	}
	if err := jobs.Migrate(ctx, a.DB); err != nil {
		return err
	}
	a.Blobs, err = blob.Open(ctx, blob.Options{URL: blobURL(c.Blobs()), TempDir: a.temp(), CacheDir: filepath.Join(c.Data, "cache", "parts"), CacheBytes: int64(c.Limits.Cache),
		AccessKey: c.S3.AccessKey, SecretKey: c.S3.SecretKey, Log: a.Log})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.Blobs.Close)
	return nil
}

func noPortal(at string) error {
	if u, err := url.Parse(at); err == nil {
		at = u.Redacted()
	}
	return errs.New(errs.NotFound, "app.no-portal", errs.Args{"Path": at}).WithHint("app.no-portal.hint")
}

// blobURL makes the path of a file: URL absolute, as blob wants it.
func blobURL(setting string) string {
	path, ok := strings.CutPrefix(setting, "file:")
	if !ok {
		return setting
	}
	if abs, err := filepath.Abs(strings.TrimPrefix(path, "//")); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// Close releases everything, the last opened first.
func (a *App) Close() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}
