package sqldb

import (
	"container/list"
	"context"
	"database/sql/driver"
	"strings"
)

// Of a connection to SQLite, the statements kept prepared: preparing one costs
// more than running it. (pgx keeps those of PostgreSQL by itself.)
const (
	keptStatements = 64       // per connection; the one unused for longest goes first
	keptText       = 16 << 10 // bytes: longer ones (lists of many values) do not come twice
)

// preparing is a driver.Connector whose connections keep their statements.
type preparing struct{ driver.Connector }

func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(sqliteConn)
	if !ok { // not a driver that this file knows
		return c, nil
	}
	return &preparingConn{sqliteConn: inner, kept: map[string]*list.Element{}}, nil
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparingConn keeps prepared what is run often. Package database/sql calls a
// connection, its statements and its rows from one goroutine at a time.
type preparingConn struct {
	sqliteConn
	kept  map[string]*list.Element
	order list.List // of *statement, last used first
}

// statement is prepared; while rows of it are read, another one of its text is
// prepared beside it.
type statement struct {
	driver.Stmt
	text string
	busy bool
}

func (c *preparingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, ok, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	q, ok := s.Stmt.(driver.StmtQueryContext)
	if !ok {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := q.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &statementRows{rows, s}, nil
}

func (c *preparingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, ok, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	x, ok := s.Stmt.(driver.StmtExecContext)
	if !ok {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	return x.ExecContext(ctx, args)
}

// prepared returns the statement of a text, kept from now on; not ok when the text
// is not one to keep, or is being read.
func (c *preparingConn) prepared(ctx context.Context, text string) (s *statement, ok bool, err error) {
	if e, found := c.kept[text]; found {
		c.order.MoveToFront(e)
		s = e.Value.(*statement)
		return s, !s.busy, nil
	}
	if !keepable(text) {
		return nil, false, nil
	}
	p, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, false, err
	}
	s = &statement{Stmt: p, text: text}
	c.kept[text] = c.order.PushFront(s)
	for e := c.order.Back(); c.order.Len() > keptStatements && e != nil; {
		before := e.Prev()
		if old := e.Value.(*statement); !old.busy {
			c.order.Remove(e)
			delete(c.kept, old.text)
			if err := old.Close(); err != nil {
				return nil, false, err
			}
		}
		e = before
	}
	return s, true, nil
}

// keepable reports single statements on rows. Those with a semicolon may be
// several; the others change the file or the connection, and are rare.
func keepable(text string) bool {
	if len(text) > keptText || strings.Contains(text, ";") {
		return false
	}
	word := strings.TrimLeft(text, " \t\n")
	for _, verb := range []string{"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"} {
		if len(word) >= len(verb) && strings.EqualFold(word[:len(verb)], verb) {
			return true
		}
	}
	return false
}

func (c *preparingConn) Close() error {
	for e := c.order.Front(); e != nil; e = e.Next() {
		_ = e.Value.(*statement).Close() // the connection ends with all it has
	}
	c.order.Init()
	clear(c.kept)
	return c.sqliteConn.Close()
}

// statementRows are the rows of a kept statement.
type statementRows struct {
	driver.Rows
	of *statement
}

func (r *statementRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
