package tabular

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"socle/internal/errs"
)

// FileSource is a Source on an open file. Its size is taken once.
type FileSource struct {
	*os.File
	size int64
}

// NewFileSource wraps an open regular file.
func NewFileSource(f *os.File) (*FileSource, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errs.New(errs.Invalid, "tabular.not-a-file", errs.Args{"Name": st.Name(), "Code": CodeSource}).
			WithHint("tabular.not-a-file.hint").Because(fs.ErrInvalid)
	}
	return &FileSource{File: f, size: st.Size()}, nil
}

// Size returns the length of the file when it was opened.
func (s *FileSource) Size() int64 { return s.size }

// OpenFile opens a file of this machine as a Source; the caller closes it.
func OpenFile(path string) (*FileSource, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := NewFileSource(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// Bytes makes a Source of bytes in memory.
func Bytes(b []byte) Source { return bytes.NewReader(b) }
