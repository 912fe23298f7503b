package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// table is one whose rows are entered.
type table struct {
	resource   catalogue.ResourceID
	schema     *schema.Schema
	ref        catalogue.SchemaRef
	descriptor string
	seq, made  int64
	due        bool
	cutSeq     int64
	cutVersion int
}

func table1(ctx context.Context, tx *sqldb.Tx, id catalogue.ResourceID) (t table, err error) {
	t.resource = id
	err = tx.QueryRow(ctx, `SELECT schema_json, schema_id, schema_version, seq, made, due, cut_seq, cut_version FROM entry_tables WHERE resource = $1`, id).
		Scan(&t.descriptor, &t.ref.ID, &t.ref.Version, &t.seq, &t.made, &t.due, &t.cutSeq, &t.cutVersion)
	if errs.Is(err, errs.NotFound) {
		return t, notFound()
	}
	if err != nil {
		return t, err
	}
	t.schema, err = schema.Parse([]byte(t.descriptor))
	return t, err
}

// IsOpen reports whether the rows of a table are entered here. Kinds: NotFound.
func (s *Service) IsOpen(ctx context.Context, a identity.Actor, id catalogue.ResourceID) (open bool, err error) {
	defer errs.Wrap(&err, "collect.IsOpen(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if _, _, err := s.o.Catalogue.HeadTx(ctx, tx, a, id); err != nil {
			return err
		}
		list, err := entered(ctx, tx, []catalogue.ResourceID{id})
		open = len(list) > 0
		return err
	})
	return open, err
}

// newTable makes the dataset and the empty table of a form. Its first version,
// without a row, is cut at once, so that it can be published before anything came.
func (s *Service) newTable(ctx context.Context, tx *sqldb.Tx, a identity.Actor, n NewForm, sch *schema.Schema) (id catalogue.ResourceID, err error) {
	title := sch.Title
	if n.Definition != nil && n.Definition.Title != "" {
		title = n.Definition.Title
	}
	m := catalogue.Metadata{Title: title, Description: sch.Description, Licence: catalogue.LicenceOuverte, Schema: n.Schema}
	if n.Definition != nil && n.Definition.Description != "" {
		m.Description = n.Definition.Description
	}
	d, err := s.o.Catalogue.CreateTx(ctx, tx, a, catalogue.NewDataset{Organisation: n.Organisation, Metadata: m, Demonstration: n.Demo})
	if err != nil {
		return "", err
	}
	r, err := s.o.Catalogue.AddResourceTx(ctx, tx, a, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: title, Format: "csv"})
	if err != nil {
		return "", err
	}
	return r.ID, s.insertTable(ctx, tx, a, r.ID, sch, n.Schema, 0)
}

func (s *Service) insertTable(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id catalogue.ResourceID, sch *schema.Schema, ref catalogue.SchemaRef, version int) error {
	_, err := tx.Exec(ctx, `INSERT INTO entry_tables (resource, schema_json, schema_id, schema_version, due, cut_version, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, string(sch.JSON()), ref.ID, ref.Version, version == 0, version, a.Ref(), tx.Now())
	if err != nil || version > 0 {
		return err
	}
	return jobs.Add(ctx, tx, cutArgs{id}, jobs.Unique(), jobs.Queue(cutQueue))
}

// tableSchema is that of a new table: the one referred to, or what the form writes.
func (s *Service) tableSchema(ctx context.Context, n NewForm) (*schema.Schema, error) {
	if n.Schema.ID == "" {
		if n.Definition == nil {
			return nil, errs.New(errs.Invalid, "form.invalid").WithHint("form.invalid.hint")
		}
		return n.Definition.WriteSchema("")
	}
	ref := n.Schema.ID
	if n.Schema.Version != "" {
		ref += "@" + n.Schema.Version
	}
	return s.o.Schemas(ctx, ref)
}

var columnName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_.-]{0,99}$`)

// fit checks that a form fits its table, and gives a free table the columns that
// the form asks.
func (s *Service) fit(ctx context.Context, tx *sqldb.Tx, t *table, f Form) error {
	d := f.Definition
	e := errs.New(errs.Invalid, "form.invalid").WithHint("form.invalid.hint")
	checkDesign(d, e)
	if len(e.Fields) > 0 {
		return e
	}
	if t.ref.ID == "" && d.Schema != t.schema { // not made from the columns that are there
		return s.widen(ctx, tx, t, d)
	}
	d.Schema = t.schema
	for it := range d.Fields() {
		for _, name := range it.Columns() {
			if t.schema.Field(name) < 0 {
				e.WithField(it.Name, "collect.form.no-column", errs.Args{"Name": name})
			}
		}
	}
	for i := range t.schema.Fields {
		c := &t.schema.Fields[i]
		if !c.Constraints.Required {
			continue
		}
		it := fills(d, c.Name)
		switch {
		case it == nil:
			e.WithField(c.Name, "collect.form.required", errs.Args{"Name": c.Name})
		case it.Relevant != "":
			e.WithField(it.Name, "collect.form.always", errs.Args{"Name": c.Name})
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	_, err := form.NewChecker(d)
	return err
}

func fills(d *form.Definition, column string) *form.Item {
	for it := range d.Fields() {
		if slices.Contains(it.Columns(), column) {
			return it
		}
	}
	return nil
}

// widen gives a free table the columns of a form. Columns that other forms ask
// stay; the type of a column that holds entries stays too.
func (s *Service) widen(ctx context.Context, tx *sqldb.Tx, t *table, d *form.Definition) error {
	fresh, err := d.WriteSchema("")
	if err != nil {
		return err
	}
	e := errs.New(errs.Invalid, "form.invalid").WithHint("form.invalid.hint")
	own := form.FromSchema(t.schema, form.Origin{})
	for i := range t.schema.Fields {
		old := t.schema.Fields[i]
		at := fresh.Field(old.Name)
		if at < 0 {
			if t.made == 0 {
				continue
			}
			old.Constraints.Required = false
			fresh.Fields = append(fresh.Fields, old)
			continue
		}
		if t.made == 0 || fresh.Fields[at].Type == old.Type {
			continue
		}
		// Several types are asked in the same way: a day of %Y is a year, a duration a text.
		if was, now := fills(own, old.Name), fills(d, old.Name); was == nil || was.Control != now.Control {
			e.WithField(old.Name, "collect.form.type", errs.Args{"Name": old.Name})
			continue
		}
		old.Title, old.Description, old.Constraints = fresh.Fields[at].Title, fresh.Fields[at].Description, fresh.Fields[at].Constraints
		fresh.Fields[at] = old
	}
	if len(e.Fields) > 0 {
		return e
	}
	d.Schema = fresh
	if _, err := form.NewChecker(d); err != nil {
		return err
	}
	text := string(fresh.JSON())
	if text == t.descriptor {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE entry_tables SET schema_json = $2, due = TRUE WHERE resource = $1`, t.resource, text); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, cutArgs{t.resource}, jobs.Unique(), jobs.Queue(cutQueue))
}

// checkDesign finds what no form may be.
func checkDesign(d *form.Definition, e *errs.Error) {
	d.Title = strings.TrimSpace(d.Title)
	switch {
	case d.Title == "":
		e.WithField("title", "catalogue.field.required")
	case len([]rune(d.Title)) > 200:
		e.WithField("title", "catalogue.field.long", errs.Args{"Count": 200})
	}
	if len(d.Description) > form.MaxText {
		e.WithField("description", "catalogue.field.long", errs.Args{"Count": form.MaxText})
	}
	if d.Screens != form.ManyScreens {
		d.Screens = form.OneScreen
	}
	if d.Language != "en" {
		d.Language = "fr"
	}
	translations(d.Items, d.Language)
	n := 0
	checkItems(d.Items, 0, &n, map[string]bool{}, e)
	if n == 0 {
		e.WithField("items", "collect.form.no-field")
	}
	if it := d.Find(d.Place); it == nil || it.Control != form.Point {
		d.Place = ""
		for it := range d.Fields() {
			if it.Control == form.Point {
				d.Place = it.Name
				break
			}
		}
	}
	d.Names = slices.DeleteFunc(d.Names, func(name string) bool { return d.Find(name) == nil })
	if len(d.Names) == 0 {
		for it := range d.Fields() {
			if it.Kind == form.Field && it.Asked() {
				d.Names = []string{it.Name}
				break
			}
		}
	}
	if d.Names == nil {
		d.Names = []string{}
	}
}

// translations leaves out words in languages that the portal does not speak, and in the
// form's own.
func translations(items []form.Item, own string) {
	other := func(l string) bool { return l != own && slices.Contains(i18n.Langs, i18n.Lang(l)) }
	for i := range items {
		it := &items[i]
		maps.DeleteFunc(it.Translations, func(l string, _ form.Words) bool { return !other(l) })
		for n := range it.Choices {
			maps.DeleteFunc(it.Choices[n].Labels, func(l, _ string) bool { return !other(l) })
		}
		translations(it.Items, own)
	}
}

func checkItems(items []form.Item, depth int, n *int, seen map[string]bool, e *errs.Error) {
	if depth > form.MaxDepth {
		e.WithField("items", "collect.form.deep", errs.Args{"Count": form.MaxDepth})
		return
	}
	for i := range items {
		it := &items[i]
		if *n++; *n > form.MaxItems {
			if *n == form.MaxItems+1 {
				e.WithField("items", "collect.form.many", errs.Args{"Count": form.MaxItems})
			}
			return
		}
		texts := []string{it.Title, it.Label, it.Help, it.Relevant, it.Constraint, it.Calculation, it.Default, it.Pattern}
		for _, w := range it.Translations {
			texts = append(texts, w.Title, w.Label, w.Help, w.ConstraintMessage)
		}
		for _, text := range texts {
			if len(text) > form.MaxText {
				e.WithField(it.Name, "catalogue.field.long", errs.Args{"Count": form.MaxText})
			}
		}
		switch it.Kind {
		case form.Note:
			continue
		case form.Section:
			checkItems(it.Items, depth+1, n, seen, e)
			continue
		case form.Repeat:
			checkItems(it.Items, depth+1, n, map[string]bool{}, e)
		case form.Field:
			if !slices.Contains(form.Controls, it.Control) {
				e.WithField(it.Name, "collect.form.unknown")
			}
			if (it.Control == form.OneChoice || it.Control == form.Choices) && len(it.Choices) == 0 {
				e.WithField(it.Name, "collect.form.choices")
			}
			if len(it.Choices) > form.MaxChoices {
				e.WithField(it.Name, "collect.form.many", errs.Args{"Count": form.MaxChoices})
			}
			if it.Pattern != "" {
				if _, err := schema.CompilePattern(it.Pattern); err != nil {
					e.WithField(it.Name, "collect.form.pattern")
				}
			}
		default:
			e.WithField(it.Name, "collect.form.unknown")
		}
		if !columnName.MatchString(it.Name) {
			e.WithField(it.Name, "collect.form.name", errs.Args{"Name": it.Name})
		} else if key := strings.ToLower(it.Name); seen[key] {
			e.WithField(it.Name, "collect.form.twice", errs.Args{"Name": it.Name})
		} else {
			seen[key] = true
		}
	}
}

// OpenTable lets the rows of a table be entered: those that its latest version has
// become entries, once. Rights: ActionEdit, ActionPublish where it is public. Kinds:
// NotFound, SignIn, Denied, Conflict (no table; it is made of others; another opens it
// now), TooLarge.
func (s *Service) OpenTable(ctx context.Context, a identity.Actor, id catalogue.ResourceID) (err error) {
	defer errs.Wrap(&err, "collect.OpenTable(%s)", id)
	r, d, err := s.o.Catalogue.Resource(ctx, a, id)
	if err != nil {
		return err
	}
	action := identity.ActionEdit
	if d.State == catalogue.Published {
		action = identity.ActionPublish
	}
	if err := a.Require(action, d.Organisation); err != nil {
		return err
	}
	if open, err := s.IsOpen(ctx, a, id); err != nil || open {
		return err
	}
	if err := s.db.Read(ctx, func(tx *sqldb.Tx) error { return s.o.Catalogue.FreeTx(ctx, tx, cutter, id) }); err != nil {
		return err
	}
	if r.Kind != catalogue.Table || r.Current == nil {
		return errs.New(errs.Conflict, "collect.no-table").WithHint("collect.no-table.hint")
	}
	if r.Current.Rows > s.o.Limits.Table {
		return errs.New(errs.TooLarge, "collect.table-full", errs.Args{"Count": s.o.Limits.Table}).WithHint("collect.table-full.hint")
	}
	sch, err := schema.Parse(r.Current.Columns)
	if err != nil {
		return err
	}
	rows, err := s.rowsOf(ctx, *r.Current, sch)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		latest, _, err := s.o.Catalogue.HeadTx(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if latest.Latest != r.Latest {
			return errs.New(errs.Conflict, "catalogue.new-version-meanwhile").WithHint("catalogue.new-version-meanwhile.hint")
		}
		if err := s.insertTable(ctx, tx, a, id, sch, r.Current.Schema, r.Latest); err != nil {
			if sqldb.Violates(err, "entry_tables.resource") {
				return nil // another opened it just now
			}
			return err
		}
		if err := s.insertRows(ctx, tx, a, id, r.Latest, sch, rows); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, d.Organisation, "table.open", "dataset:"+string(d.ID), nil, openAudit{id, r.Latest, len(rows)})
	})
}

type openAudit struct {
	Resource catalogue.ResourceID `json:"resource"`
	Version  int                  `json:"version"`
	Rows     int                  `json:"rows"`
}

func (s *Service) rowsOf(ctx context.Context, v catalogue.Version, sch *schema.Schema) (rows [][]string, err error) {
	columns := form.Columns(sch)
	err = s.o.Rows(ctx, v, columns, func(cells []string) error {
		if int64(len(rows)) >= s.o.Limits.Table {
			return errs.New(errs.TooLarge, "collect.table-full", errs.Args{"Count": s.o.Limits.Table}).WithHint("collect.table-full.hint")
		}
		rows = append(rows, slices.Clone(cells))
		return nil
	})
	return rows, err
}

// insertRows makes entries of the rows of a version.
func (s *Service) insertRows(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id catalogue.ResourceID, version int, sch *schema.Schema, rows [][]string) error {
	columns := form.Columns(sch)
	d := form.FromSchema(sch, form.Origin{})
	for n, cells := range rows {
		v := form.Values{}
		for i, text := range cells {
			if text != "" {
				v[columns[i]] = text
			}
		}
		data, err := json.Marshal(content{Values: v})
		if err != nil {
			return err
		}
		lon, lat := position(d, v)
		// The identifier is made of the place of the row, so that doing it again gives
		// the same entries.
		_, err = tx.Exec(ctx, `INSERT INTO entries (resource, id, form, revision, shown, state, reason, data, draft, digest, seq, place, lon, lat, revisits, author, secret, made_at, received_at, changed_by, changed_at)
			VALUES ($1, $2, '', 1, 1, 'accepted', '', $3, FALSE, $4, $5, $5, $6, $7, '', $8, '', $9, $9, $8, $9)`,
			id, rowID(id, version, n), string(data), digestOf(v, nil, ""), n+1, lon, lat, a.Ref(), tx.Now())
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE entry_tables SET seq = $2, made = $2, cut_seq = $2 WHERE resource = $1`, id, len(rows))
	return err
}

// rowID is the identifier of the entry made of a row: a UUID of version 8.
func rowID(id catalogue.ResourceID, version, n int) string {
	h := []byte(digestText(fmt.Sprintf("%s/%d/%d", id, version, n))[:32])
	h[12], h[16] = '8', '8'
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:32])
}
