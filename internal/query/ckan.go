package query

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"socle/internal/tabular"
)

// CKANRowID is the name of the row number in CKAN's datastore.
const CKANRowID = "_id"

// CKAN is a datastore_search of CKAN.
type CKAN struct {
	Filters  json.RawMessage // {"col": 1, "col": [1,2], "col": {"lt": 3}, "$or": [{…}]}, or none
	Q        json.RawMessage // "words", or {"col": "words"}; or none
	Fields   []string        // _id among them is no column: see Query.Select
	Sort     string          // a, "b c" desc nulls last
	Distinct bool
}

// ParseCKAN reads a datastore_search; its page is the caller's. Filters on _id are
// understood as {"_id": {"gt": N}} only, which is the next page. Errors: Invalid.
func ParseCKAN(c CKAN, cols []Column) (q Query, err error) {
	p := ckanParser{cols: index(cols), query: &q}
	if len(bytes.TrimSpace(c.Filters)) > 0 {
		if q.Where, err = p.object(c.Filters, 0); err != nil {
			return q, err
		}
	}
	if err := p.text(c.Q); err != nil {
		return q, err
	}
	for _, f := range c.Fields {
		if f != CKANRowID {
			q.Select = append(q.Select, f)
		}
	}
	if err := p.sort(c.Sort); err != nil {
		return q, err
	}
	if c.Distinct {
		names := q.Select
		if len(names) == 0 {
			for _, col := range cols {
				names = append(names, col.Name)
			}
		}
		for _, n := range names {
			q.Group = append(q.Group, Group{Column: n})
		}
		q.Select = nil
	}
	return q, q.Validate(cols)
}

type ckanParser struct {
	cols  columnIndex
	query *Query
}

// member is a name and a value of a JSON object, in their order.
type member struct {
	name  string
	value json.RawMessage
}

// members reads an object, keeping the order of its names.
func members(raw json.RawMessage) (list []member, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, false
		}
		m := member{name: t.(string)}
		if d.Decode(&m.value) != nil {
			return nil, false
		}
		list = append(list, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return list, err == io.EOF
}

func elements(raw json.RawMessage) (list []json.RawMessage, ok bool) {
	raw = bytes.TrimSpace(raw)
	return list, len(raw) > 0 && raw[0] == '[' && json.Unmarshal(raw, &list) == nil
}

func (p *ckanParser) object(raw json.RawMessage, depth int) (Expr, error) {
	if depth > maxDepth || len(raw) > maxSource {
		return nil, tooComplex()
	}
	list, ok := members(raw)
	if !ok {
		return nil, badSyntax(string(raw), 0)
	}
	var all And
	for _, m := range list {
		e, err := p.member(m, depth)
		if err != nil {
			return nil, err
		}
		if e != nil {
			all = append(all, e)
		}
	}
	return join(all), nil
}

func (p *ckanParser) member(m member, depth int) (Expr, error) {
	if m.name != "$and" && m.name != "$or" {
		if m.name == CKANRowID {
			return nil, p.next(m.value)
		}
		return p.column(m)
	}
	parts, ok := elements(m.value)
	if !ok || len(parts) == 0 {
		return nil, badSyntax(string(m.value), 0)
	}
	var list []Expr
	for _, part := range parts {
		e, err := p.object(part, depth+1)
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, badSyntax(string(part), 0)
		}
		list = append(list, e)
	}
	switch {
	case len(list) == 1:
		return list[0], nil
	case m.name == "$or":
		return Or(list), nil
	}
	return And(list), nil
}

// next reads {"gt": N}.
func (p *ckanParser) next(raw json.RawMessage) error {
	var after struct{ Gt *int64 }
	list, ok := members(raw)
	if !ok || len(list) != 1 || json.Unmarshal(raw, &after) != nil || after.Gt == nil || *after.Gt < 0 || p.query.After != 0 {
		return unsupported(CKANRowID + ": " + string(raw))
	}
	p.query.After = *after.Gt
	return nil
}

var ckanOps = map[string]Op{"eq": Eq, "ne": Ne, "neq": Ne, "lt": Lt, "lte": Le, "le": Le, "gt": Gt, "gte": Ge, "ge": Ge}

func (p *ckanParser) column(m member) (Expr, error) {
	col, err := p.cols.find(m.name)
	if err != nil {
		return nil, err
	}
	if list, ok := elements(m.value); ok {
		return anyOf(col, list)
	}
	ops, ok := members(m.value)
	if !ok {
		return equals(col, Eq, m.value)
	}
	var all And
	for _, o := range ops {
		var e Expr
		op, known := ckanOps[o.name]
		list, isList := elements(o.value)
		switch {
		case known:
			e, err = equals(col, op, o.value)
		case o.name == "in" && isList:
			e, err = anyOf(col, list)
		default:
			err = unknownOperation(col.Name, o.name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil, badSyntax(string(m.value), 0)
	}
	return join(all), nil
}

// equals compares a column with a JSON value; null is no value.
func equals(col Column, op Op, raw json.RawMessage) (Expr, error) {
	v, null, ok := jsonValue(raw)
	switch {
	case !ok:
		return nil, badSyntax(string(raw), 0)
	case null && op == Eq:
		return Null{Column: col.Name}, nil
	case null && op == Ne:
		return Null{Column: col.Name, Present: true}, nil
	case null:
		return nil, badValue(col.Name, "null")
	}
	return comparison(col, op, v, time.UTC)
}

// jsonValue reads a text, a number or a truth value.
func jsonValue(raw json.RawMessage) (v Value, null, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var x any
	if d.Decode(&x) != nil {
		return v, false, false
	}
	switch x := x.(type) {
	case nil:
		return v, true, true
	case string:
		return Text(x), false, true
	case bool:
		return Bool(x), false, true
	case json.Number:
		v, ok = parseNumber(tabular.Int, x.String())
		return v, false, ok
	}
	return v, false, false
}

func anyOf(col Column, list []json.RawMessage) (Expr, error) {
	in := In{Column: col.Name}
	var or Or
	for _, raw := range list {
		e, err := equals(col, Eq, raw)
		if err != nil {
			return nil, err
		}
		or = append(or, e)
		if c, ok := e.(Compare); ok {
			in.Values = appendNew(in.Values, c.Value)
		}
	}
	switch {
	case len(or) == 0:
		return never(col.Name), nil
	case len(or) == 1:
		return or[0], nil
	case !slices.ContainsFunc(or, func(e Expr) bool { _, ok := e.(Compare); return !ok }):
		return one(in), nil
	}
	return or, nil
}

// text reads q.
func (p *ckanParser) text(raw json.RawMessage) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	list, object := members(raw)
	if !object {
		v, null, ok := jsonValue(raw)
		if !ok {
			return badSyntax(string(raw), 0)
		}
		if !null {
			p.query.Text = strings.Join(strings.Fields(v.String()), " ")
		}
		return nil
	}
	for _, m := range list {
		col, err := p.cols.find(m.name)
		if err != nil {
			return err
		}
		v, null, ok := jsonValue(m.value)
		if !ok || null {
			return badValue(m.name, string(m.value))
		}
		if e := words([]string{col.Name}, v.String()); e != nil {
			*p.query = p.query.With(e)
		}
	}
	return nil
}

// sort reads a, "b c" desc nulls last.
func (p *ckanParser) sort(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	list, err := cqlDialect.tokens(text)
	if err != nil {
		return err
	}
	c := cursor{source: text, list: list}
	for {
		t := c.next()
		if t.kind != tokenWord && t.kind != tokenName {
			c.back(t)
			return c.bad()
		}
		key := SortKey{Column: t.text}
		if c.take("desc") {
			key.Desc = true
		} else {
			c.take("asc")
		}
		if c.take("nulls") && !c.take("last") {
			return unsupported(text)
		}
		if t.text == CKANRowID && !key.Desc {
			if c.peek().kind != tokenEnd {
				return unsupported(text)
			}
		} else {
			p.query.Sort = append(p.query.Sort, key)
		}
		if c.peek().kind == tokenEnd {
			return nil
		}
		if err := c.expect(","); err != nil {
			return err
		}
	}
}
