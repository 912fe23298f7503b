package blobtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"socle/internal/blob"
)

// Place is a backend with access to what it keeps, to damage it.
type Place struct {
	Name    string
	Options blob.Options
	// Files is the folder in which the backend keeps each blob as one file.
	Files string
}

// Run runs fn as the subtests "folder" and "s3".
func Run(t *testing.T, fn func(t *testing.T, p Place)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { fn(t, Folder(t)) })
	t.Run("s3", func(t *testing.T) { fn(t, S3(t)) })
}

// Folder is an empty folder store.
func Folder(t testing.TB) Place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "blobs")
	return Place{Name: "folder", Options: blob.Options{URL: "file://" + filepath.ToSlash(dir)}, Files: dir}
}

const (
	accessKey = "test-access"
	secretKey = "test-secret-key"
	bucket    = "socle"
)

// S3 is an empty bucket of an S3 server (versitygw over a folder) that stops at
// the end of the test.
func S3(t testing.TB) Place {
	t.Helper()
	program, err := versitygw()
	if err != nil {
		t.Fatalf("blobtest: no S3 server for the tests: %v\nInstall it with scripts/setup.", err)
	}
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	for _, d := range []string{filepath.Join(root, bucket), filepath.Join(dir, "meta"), filepath.Join(dir, "tmp")} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	cmd := exec.Command(program, "--port", address, "--access", accessKey, "--secret", secretKey, "--quiet",
		"posix", "--sidecar", filepath.Join(dir, "meta"), root)
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("blobtest: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitFor(t, address, &out)
	return Place{
		Name: "s3",
		Options: blob.Options{
			URL:       fmt.Sprintf("s3://%s/data?endpoint=http://%s&region=us-east-1", bucket, address),
			AccessKey: accessKey, SecretKey: secretKey,
			TempDir: filepath.Join(dir, "tmp"), CacheDir: filepath.Join(dir, "cache"),
		},
		Files: filepath.Join(root, bucket, "data"),
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitFor(t testing.TB, address string, out *lockedBuffer) {
	t.Helper()
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		res, err := client.Get("http://" + address + "/")
		if err == nil {
			_ = res.Body.Close()
			return // it refuses strangers, so it runs
		}
	}
	t.Fatalf("blobtest: the S3 server did not start: %s", out.String())
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// versitygw returns the S3 server of tools/s3, built when it is missing or
// older than its module.
var versitygw = sync.OnceValues(func() (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	tools := filepath.Join(root, ".tools")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(tools, "versitygw.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	program := filepath.Join(tools, "versitygw")
	sum, err := os.Stat(filepath.Join(root, "tools", "s3", "go.sum"))
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(program); err == nil && !info.ModTime().Before(sum.ModTime()) {
		return program, nil
	}
	cmd := exec.Command("go", "build", "-o", program, "github.com/versity/versitygw/cmd/versitygw")
	cmd.Dir = filepath.Join(root, "tools", "s3")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return program, nil
})

func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "tools", "s3", "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no tools/s3 above %s", dir)
		}
		dir = parent
	}
}

// Open opens a place for the length of the test.
func Open(t testing.TB, o blob.Options) *blob.Store {
	t.Helper()
	s, err := blob.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
