package openrosa

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema/form"
)

// Bounds of the XML of a submission.
const (
	MaxSubmission = 5 << 20 // bytes
	maxElements   = 50_000
	maxNesting    = 30
)

// Submission is an entry as a client sent it.
type Submission struct {
	Form, Version string // of its root element
	InstanceID    string // "uuid:…"
	DeprecatedID  string // of the entry that this one replaces; "" for a new one
	Ended         time.Time
	root          *element
}

type element struct {
	name     string
	text     strings.Builder
	children []*element
}

// ReadSubmission reads the XML of a submission. Kinds: Invalid, TooLarge.
func ReadSubmission(r io.Reader) (*Submission, error) {
	limited := &io.LimitedReader{R: r, N: MaxSubmission + 1}
	d := xml.NewDecoder(limited)
	s := &Submission{}
	var stack []*element
	count := 0
	for {
		t, err := d.Token()
		if limited.N <= 0 {
			return nil, errs.New(errs.TooLarge, "openrosa.large", errs.Args{"Most": i18n.Bytes(MaxSubmission)}).WithHint("openrosa.large.hint")
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, notXML(err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, notXML(errors.New("a document type"))
		case xml.StartElement:
			if count++; count > maxElements || len(stack) >= maxNesting {
				return nil, notXML(errors.New("too many elements"))
			}
			e := &element{name: t.Name.Local}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.children = append(top.children, e)
			} else if s.root == nil {
				s.root = e
				s.attributes(t)
			}
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(t)
			}
		}
	}
	if s.root == nil {
		return nil, notXML(io.ErrUnexpectedEOF)
	}
	s.meta()
	if s.Form == "" {
		return nil, errs.New(errs.Invalid, "openrosa.form-missing").WithHint("openrosa.form-missing.hint")
	}
	if s.InstanceID == "" || len(s.InstanceID) > 200 {
		return nil, errs.New(errs.Invalid, "openrosa.instance-missing").WithHint("openrosa.instance-missing.hint")
	}
	return s, nil
}

func notXML(err error) error {
	return errs.New(errs.Invalid, "openrosa.xml").WithHint("openrosa.xml.hint").Because(err)
}

func (s *Submission) attributes(t xml.StartElement) {
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "id":
			s.Form = a.Value
		case "version":
			s.Version = a.Value
		}
	}
}

func (s *Submission) meta() {
	for _, e := range s.root.children {
		if e.name != "meta" {
			continue
		}
		for _, m := range e.children {
			text := strings.TrimSpace(m.text.String())
			switch m.name {
			case "instanceID":
				s.InstanceID = text
			case "deprecatedID":
				s.DeprecatedID = text
			case "timeEnd":
				if t, err := time.Parse(time.RFC3339, text); err == nil {
					s.Ended = t
				}
			}
		}
	}
}

// Attached is a file that an answer names. Field is the question; of one inside a
// repeated group the outermost group.
type Attached struct{ Field, Name string }

// Answers is what a submission answers to a form.
type Answers struct {
	Values  form.Values
	Files   []Attached
	Unknown []string // elements with an answer that the form does not ask for
}

// Answers reads the values of a submission. An element stands for the question of its
// name wherever it is, so that entries made with an older version of the form are read.
func (s *Submission) Answers(d *form.Definition) (Answers, error) {
	a := &answers{layout: lay(d)}
	a.Values = form.Values{}
	err := a.read(s.root, scopeOf(a.root), a.Values, "")
	return a.Answers, err
}

type answers struct {
	Answers
	*layout
}

// scopeOf lists the questions and repeated groups that are not inside one of the
// latter.
func scopeOf(nodes []*node) map[string]*node {
	scope := map[string]*node{}
	var add func(nodes []*node)
	add = func(nodes []*node) {
		for _, n := range nodes {
			scope[n.element] = n
			if n.item.Kind == form.Section {
				add(n.children)
			}
		}
	}
	add(nodes)
	return scope
}

// read reads an entry, or an instance of the repeated group inside ("" for an entry).
func (a *answers) read(e *element, scope map[string]*node, to form.Values, inside string) error {
	repeats := map[*node][]form.Values{}
	if err := a.elements(e, scope, to, repeats, inside); err != nil {
		return err
	}
	for n, rows := range repeats {
		if len(rows) > form.MaxRepeats {
			return errs.New(errs.TooLarge, "openrosa.repeats", errs.Args{"Title": n.item.Title, "Most": form.MaxRepeats}).WithHint("openrosa.repeats.hint")
		}
		b, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		to[n.item.Name] = string(b)
	}
	return nil
}

func (a *answers) elements(e *element, scope map[string]*node, to form.Values, repeats map[*node][]form.Values, inside string) error {
	for _, c := range e.children {
		n := scope[c.name]
		switch {
		case n == nil && c.name == "meta", n != nil && n.item.Kind == form.Note:
		case n == nil && len(c.children) == 0:
			if strings.TrimSpace(c.text.String()) != "" {
				a.Unknown = append(a.Unknown, c.name)
			}
		case n == nil || n.item.Kind == form.Section:
			if err := a.elements(c, scope, to, repeats, inside); err != nil {
				return err
			}
		case n.item.Kind == form.Repeat:
			row := form.Values{}
			if err := a.read(c, scopeOf(n.children), row, or(inside, n.item.Name)); err != nil {
				return err
			}
			if len(row) > 0 {
				repeats[n] = append(repeats[n], row)
			}
		default:
			text := a.decode(n, c.text.String())
			if text == "" {
				continue
			}
			to[n.item.Name] = text
			if n.item.Attached() {
				a.Files = append(a.Files, Attached{or(inside, n.item.Name), text})
			}
		}
	}
	return nil
}
