package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// s3Store keeps a blob under the key PREFIX/ab/abcd… and local copies in a
// cache.
type s3Store struct {
	bucket *blob.Bucket
	http   *http.Client
	prefix string // ends with / when not empty
	tmp    string
	cache  *cache
	store  *Store
}

const (
	defaultRegion     = "us-east-1" // what S3-compatible servers expect when none is set
	defaultCacheBytes = 2 << 30
	// A blob that was put within this time is not sent again: its age still
	// keeps it from being collected.
	youngEnough = 10 * time.Minute
)

func openS3(ctx context.Context, u *url.URL, o Options, s *Store) (*s3Store, error) {
	q := u.Query()
	opts := s3.Options{
		Region:      defaultRegion,
		Credentials: credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, ""),
		HTTPClient:  newHTTPClient(),
	}
	if r := q.Get("region"); r != "" {
		opts.Region = r
	}
	if e := q.Get("endpoint"); e != "" {
		opts.BaseEndpoint = aws.String(e)
		opts.UsePathStyle = true
	}
	if p := q.Get("path_style"); p != "" {
		style, err := strconv.ParseBool(p)
		if err != nil {
			return nil, fmt.Errorf("path_style: %w", err)
		}
		opts.UsePathStyle = style
	}
	bucket, err := s3blob.OpenBucket(ctx, s3.New(opts), u.Host, nil)
	if err != nil {
		return nil, err
	}
	b := &s3Store{bucket: bucket, http: opts.HTTPClient.(*http.Client), tmp: o.TempDir, store: s}
	if p := strings.Trim(u.Path, "/"); p != "" {
		b.prefix = p + "/"
	}
	if b.tmp == "" {
		b.tmp = os.TempDir()
	}
	b.tmp = filepath.Join(b.tmp, "socle-blobs")
	if err := os.MkdirAll(b.tmp, 0o750); err != nil {
		return nil, err
	}
	removeStale(b.tmp, s.now().Add(-staleTemp))
	if o.CacheDir == "" {
		o.CacheDir = filepath.Join(b.tmp, "cache")
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if b.cache, err = openCache(o.CacheDir, o.CacheBytes); err != nil {
		return nil, err
	}
	ok, err := bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = fmt.Errorf("the bucket %s is not there", u.Host)
	}
	if err != nil {
		return nil, errors.Join(unreachable(err), b.close())
	}
	return b, nil
}

// newHTTPClient bounds each step but not a transfer: a large blob may take as
// long as it flows.
func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
	}}
}

func (b *s3Store) tempDir() string   { return b.tmp }
func (b *s3Store) key(h Hash) string { return b.prefix + string(h[:2]) + "/" + string(h) }

func (b *s3Store) close() error {
	err := b.bucket.Close()
	b.http.CloseIdleConnections()
	return err
}

func (b *s3Store) put(ctx context.Context, file string, ref Ref) error {
	if info, err := b.stat(ctx, ref.Hash); err == nil && info.Size == ref.Size && b.store.now().Sub(info.Modified) < youngEnough {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	// The object appears when Close succeeds, and not otherwise.
	writing, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := b.bucket.NewWriter(writing, b.key(ref.Hash), &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return unreachable(err)
	}
	n, err := io.Copy(w, f)
	if err == nil && n != ref.Size {
		err = fmt.Errorf("%s: %d bytes, not %d: it was written to meanwhile", file, n, ref.Size)
	}
	if err != nil {
		cancel()
		_ = w.Close()
		return unreachable(err)
	}
	if err := w.Close(); err != nil {
		return unreachable(err)
	}
	b.cache.adopt(file, ref)
	return nil
}

func (b *s3Store) open(ctx context.Context, h Hash) (io.ReadCloser, error) {
	r, err := b.bucket.NewReader(ctx, b.key(h), nil)
	if err != nil {
		return nil, b.wrap(h, err)
	}
	return r, nil
}

func (b *s3Store) wrap(h Hash, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return missing(h)
	}
	return unreachable(err)
}

func (b *s3Store) file(ctx context.Context, h Hash) (*Local, error) {
	return b.cache.get(ctx, h, func(ctx context.Context) (io.ReadCloser, error) { return b.store.Open(ctx, h) })
}

func (b *s3Store) stat(ctx context.Context, h Hash) (Info, error) {
	a, err := b.bucket.Attributes(ctx, b.key(h))
	if err != nil {
		return Info{}, b.wrap(h, err)
	}
	return Info{Ref: Ref{Hash: h, Size: a.Size}, Modified: a.ModTime.UTC()}, nil
}

func (b *s3Store) delete(ctx context.Context, h Hash) error {
	b.cache.forget(h)
	if err := b.bucket.Delete(ctx, b.key(h)); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return unreachable(err)
	}
	return nil
}

func (b *s3Store) all(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		list := b.bucket.List(&blob.ListOptions{Prefix: b.prefix})
		for {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Info{}, unreachable(err))
				return
			}
			h := Hash(path.Base(o.Key))
			if !h.valid() || o.Key != b.key(h) {
				continue
			}
			if !yield(Info{Ref: Ref{Hash: h, Size: o.Size}, Modified: o.ModTime.UTC()}, nil) {
				return
			}
		}
	}
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
