package tabular

import (
	"context"
	"io"
	"iter"
)

// openParquet makes cells of text of a Parquet file, so that it is read as any
// other table.
func (f *File) openParquet(_ context.Context, src Source, _ Options) error {
	p, err := OpenParquet(src)
	if err != nil {
		return err
	}
	fields := p.Fields()
	f.Info.Format, f.Info.HeaderRows, f.Info.Columns, f.firstLine = "parquet", 1, len(fields), 1
	if len(p.shapes) > 0 {
		f.Info.Format = "geoparquet"
	}
	for _, field := range fields {
		if s := p.shapes[field.Name]; s != nil && f.Info.Geometry == "" {
			if f.Info.Geometry = field.Name; !s.crs.Geographic() {
				f.Info.CRS = s.crs.String()
			}
		}
		f.Header = append(f.Header, field.Name)
	}
	f.open = func(ctx context.Context) (feed, error) {
		frames := func(yield func(*Frame, error) bool) {
			stopped := false
			err := p.Read(ctx, rowsRecords, func(fr *Frame) error {
				if !stopped && !yield(fr, nil) {
					stopped = true
					return context.Canceled
				}
				return nil
			})
			if err != nil && !stopped {
				yield(nil, err)
			}
		}
		next, stop := iter.Pull2(frames)
		return &framesFeed{next: next, stop: stop}, nil
	}
	return nil
}

// framesFeed makes one batch of each frame.
type framesFeed struct {
	next func() (*Frame, error, bool)
	stop func()
	buf  []byte
}

func (s *framesFeed) take(j *job) error {
	fr, err, ok := s.next()
	if err != nil {
		return err
	}
	if !ok {
		return io.EOF
	}
	b := &j.batch
	b.reset()
	for i := range fr.Rows {
		for k := range fr.Columns {
			s.buf = appendText(s.buf[:0], &fr.Fields[k], &fr.Columns[k], i)
			b.add(s.buf)
		}
		b.end(uint32(i))
	}
	b.span = uint32(fr.Rows)
	j.out = outcome{columns: len(fr.Columns)}
	return nil
}

func (s *framesFeed) parse(*job) {}

func (s *framesFeed) settle(*job) (bool, error) { return true, nil }

func (s *framesFeed) close() error {
	s.stop()
	return nil
}
