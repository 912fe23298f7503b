package tabular

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"socle/internal/errs"
)

// End is what is known once all records were read.
type End struct {
	Rows         int // records after the header, blank ones too
	Columns      int // cells of the widest record, the header included
	FootnoteRows int // records left out at the end
}

// feed cuts a source into jobs. take and settle are called under one lock,
// parse is not.
type feed interface {
	// take gives j the next piece; io.EOF when there is none.
	take(j *job) error
	// parse makes records of the piece; what goes wrong is in j.out.err, and counts
	// only if the piece is not void.
	parse(j *job)
	// settle is called in order of the pieces. It returns false when what follows
	// in the source was cut in the wrong place: pieces taken since are void.
	settle(j *job) (bool, error)
	close() error
}

// job is one piece on its way.
type job struct {
	batch  Batch
	parser parser
	data   []byte // memory of the chunk
	text   []byte // memory of decoded cells
	start  int64
	final  bool // the source ends with it
	out    outcome
	seq    int
	epoch  int
	pos    Position
	foot   int // records cut from its end
}

// Scan reads f to its end. work is called on batches concurrently, in up to
// workers goroutines; done is called with the results in file order, one at a
// time. At most about three batches per worker are in flight. The first error of
// reading, work, done or ctx stops all; a panic in work goes on in the caller.
func Scan[P any](ctx context.Context, f *File, workers int, work func(*Batch) (P, error), done func(Position, P) error) (End, error) {
	fd, err := f.open(ctx)
	if err != nil {
		return End{}, err
	}
	defer fd.close()
	s := &sequence{feed: fd, line: f.firstLine, row: f.firstRow(), columns: len(f.Header), epochs: 1, degrees: f.degrees}
	s.cond.L = &s.mu
	if workers <= 1 {
		err = serial(ctx, s, work, done)
	} else {
		err = parallel(ctx, s, workers, work, done)
	}
	if err != nil {
		return End{}, err
	}
	end := End{Rows: s.row - f.firstRow(), Columns: max(s.columns, f.Info.Columns), FootnoteRows: s.foot}
	f.finish(end)
	return end, nil
}

// Batches reads f in one goroutine; the position of a batch comes from
// Batch.Position. A batch is valid until the next step of the iteration.
func (f *File) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		stop := errors.New("stop")
		_, err := Scan(ctx, f, 1, func(b *Batch) (struct{}, error) {
			if !yield(b, nil) {
				return struct{}{}, stop
			}
			return struct{}{}, nil
		}, func(Position, struct{}) error { return nil })
		if err != nil && !errors.Is(err, stop) {
			yield(nil, err)
		}
	}
}

// sequence puts jobs in order.
type sequence struct {
	mu      sync.Mutex
	cond    sync.Cond
	feed    feed
	next    int // seq of the next job taken
	turn    int // seq of the next job settled
	epochs  int // grows when pieces taken become void
	stopped bool

	degrees *added // to each record

	row, line, columns, foot int
}

// take gives j its piece and its place; io.EOF at the end.
func (s *sequence) take(j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return io.EOF
	}
	j.final, j.foot = false, 0
	if err := s.feed.take(j); err != nil {
		return err
	}
	j.seq, j.epoch = s.next, s.epochs
	s.next++
	return nil
}

// settle waits for the job's turn and gives it its position. False: its piece is void.
func (s *sequence) settle(j *job) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.turn != j.seq && s.epochs == j.epoch && !s.stopped {
		s.cond.Wait()
	}
	if s.stopped || s.epochs != j.epoch {
		return false, nil
	}
	if j.out.err != nil {
		return false, atLine(j.out.err, s.line)
	}
	kept, err := s.feed.settle(j)
	if err != nil {
		return false, err
	}
	b := &j.batch
	b.Seq = j.seq
	j.pos = Position{Row: s.row, Line: s.line}
	b.pos = j.pos
	s.row += b.Len()
	s.line += int(b.span)
	if d := s.degrees; d != nil && !d.again {
		j.out.columns += 2
	}
	s.columns = max(s.columns, j.out.columns)
	s.foot += j.foot
	s.turn++
	if !kept {
		s.epochs++
		s.next = s.turn
	}
	s.cond.Broadcast()
	return true, nil
}

// halt makes all goroutines end.
func (s *sequence) halt() {
	s.mu.Lock()
	s.stopped = true
	s.cond.Broadcast()
	s.mu.Unlock()
}

func serial[P any](ctx context.Context, s *sequence, work func(*Batch) (P, error), done func(Position, P) error) error {
	j := &job{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.take(j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		s.feed.parse(j)
		if ok, err := s.settle(j); err != nil {
			return err
		} else if !ok || j.batch.Len() == 0 {
			continue
		}
		if s.degrees != nil {
			s.degrees.widen(&j.batch)
		}
		p, err := work(&j.batch)
		if err != nil {
			return err
		}
		if err := done(j.pos, p); err != nil {
			return err
		}
	}
}

// result of work on one job.
type result[P any] struct {
	seq   int
	pos   Position
	value P
	empty bool
	err   error
	panic any
}

func parallel[P any](ctx context.Context, s *sequence, workers int, work func(*Batch) (P, error), done func(Position, P) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result[P], workers)
	tokens := make(chan struct{}, 3*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { worker(ctx, s, work, results, tokens) })
	}
	go func() { wg.Wait(); close(results) }()

	var failed error
	var panicked any
	waiting := map[int]result[P]{}
	next := 0
	for r := range results {
		switch {
		case failed != nil || panicked != nil:
			continue
		case r.panic != nil:
			panicked = r.panic
		case r.err != nil:
			failed = r.err
		}
		if failed == nil && panicked == nil {
			waiting[r.seq] = r
			for failed == nil {
				r, ok := waiting[next]
				if !ok {
					break
				}
				delete(waiting, next)
				next++
				if !r.empty {
					failed = done(r.pos, r.value)
				}
				<-tokens
			}
		}
		if failed != nil || panicked != nil {
			cancel()
			s.halt()
		}
	}
	if panicked != nil {
		panic(panicked)
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// worker takes jobs until there is none.
func worker[P any](ctx context.Context, s *sequence, work func(*Batch) (P, error), results chan<- result[P], tokens chan struct{}) {
	j := &job{}
	r := result[P]{seq: -1}
	defer func() {
		if p := recover(); p != nil {
			r.panic = p
			s.halt()
			results <- r
		}
	}()
	fail := func(err error) {
		s.halt()
		results <- result[P]{seq: -1, err: err}
	}
	held := false
	for {
		if !held {
			select {
			case tokens <- struct{}{}:
				held = true
			case <-ctx.Done():
				fail(ctx.Err())
				return
			}
		}
		if err := ctx.Err(); err != nil {
			fail(err)
			return
		}
		if err := s.take(j); errors.Is(err, io.EOF) {
			if s.idle() {
				return
			}
			continue
		} else if err != nil {
			fail(err)
			return
		}
		s.feed.parse(j)
		if ok, err := s.settle(j); err != nil {
			fail(err)
			return
		} else if !ok {
			continue
		}
		held = false
		r = result[P]{seq: j.seq, pos: j.pos, empty: j.batch.Len() == 0}
		if !r.empty {
			if s.degrees != nil {
				s.degrees.widen(&j.batch)
			}
			v, err := work(&j.batch)
			if err != nil {
				fail(err)
				return
			}
			r.value = v
		}
		results <- r
	}
}

// idle waits until all pieces taken are settled: true when there are no more, false
// when some of them became void and must be taken again.
func (s *sequence) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for epoch := s.epochs; s.turn != s.next && !s.stopped; {
		s.cond.Wait()
		if s.epochs != epoch {
			return false
		}
	}
	return true
}

// atLine makes the line of an error, relative to its piece, one of the file.
func atLine(err error, line int) error {
	var e *errs.Error
	if errors.As(err, &e) {
		if n, ok := e.Args["Line"].(int); ok {
			e.Args["Line"] = n + line
		}
	}
	return err
}
