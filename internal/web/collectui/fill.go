package collectui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/markup"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// fillView is a form to fill in.
type fillView struct {
	Head     ui.PageHead
	Intro    templ.Component
	Closed   *ui.Notice
	Failed   *ui.Notice // what was sent is not taken, for a reason that is in no field
	Form     ui.Form
	Entry    string
	Revision string // that is corrected; "" of a new entry
	Secret   string // lets this page, and nobody else, send the entry again
	Blocks   []block
	Send     string
	Key      string
	Keeps    string // the name of the draft in this browser; "" for none
	Words    map[string]string
	Map      placeMap
	Field    *ui.Link // the same form in the field application
}

// filling is what a page of a form holds.
type filling struct {
	form     collect.Form
	key      string // in the addresses that the page asks
	entry    string
	values   form.Values
	corrects *collect.Entry // nil: a new entry
	revision string         // of it, when the page was opened
}

// fieldAddress brings a form into the field application of this browser.
func fieldAddress(f collect.Form, key string) string {
	address := "/terrain#add/" + string(f.ID)
	if f.Access == collect.Link {
		address += "/" + key
	}
	return address
}

// found finds the form of an address.
func (p *Pages) found(r *http.Request) (collect.Form, collect.Visitor, error) {
	v := visitor(r)
	f, err := p.o.Collect.ByAddress(r.Context(), v, v.Key)
	return f, v, err
}

func (p *Pages) fillForm(w http.ResponseWriter, r *http.Request) error {
	f, _, err := p.found(r)
	if err != nil {
		return err
	}
	return p.fillPage(w, r, filling{form: f, key: r.PathValue("key"), entry: p.o.Collect.NewEntryID(), values: p.beginning(f)}, nil)
}

// beginning are the values that a new entry begins with.
func (p *Pages) beginning(f collect.Form) form.Values {
	v := form.Values{}
	for it := range f.Definition.Fields() {
		if it.Default != "" && !strings.HasPrefix(it.Default, "=") {
			v[it.Name] = it.Default
		}
	}
	return v
}

// fillPage shows the form with what it holds, and why it was not taken when problem says
// so. Nothing that was typed is lost; browsers do not give a chosen file again.
func (p *Pages) fillPage(w http.ResponseWriter, r *http.Request, x filling, problem error) error {
	ctx, status, f := r.Context(), http.StatusOK, x.form
	var problems ui.Problems
	if problem != nil {
		status, problems = httpx.Status(problem), ui.ProblemsOf(ctx, problem)
		for i := range problems {
			problems[i].Name = inputName(problems[i].Name)
		}
	}
	org, err := p.o.Identity.Organisation(ctx, identity.Actor{}, f.Organisation)
	if err != nil {
		return err
	}
	d := f.Definition.In(string(ui.LangOf(ctx)))
	view := fillView{
		Head:  ui.PageHead{Eyebrow: org.Name, Title: d.Title},
		Intro: templ.Raw(markup.HTML(d.Description, 2)),
		Form:  ui.Form{ID: "entry", Action: "/f/" + x.key, Files: hasFiles(d.Items), Problems: problems},
		Entry: x.entry, Secret: secretOf(r), Key: x.key, Keeps: draftOf(f), Send: ui.T(ctx, "collectui.send"), Field: &ui.Link{Label: ui.T(ctx, "fieldui.open"), Href: fieldAddress(f, x.key), Icon: "smartphone"},
		Words: map[string]string{
			"place": ui.T(ctx, "collectui.point.use"), "placing": ui.T(ctx, "collectui.point.search"), "denied": ui.T(ctx, "collectui.point.denied"), "accuracy": ui.T(ctx, "collectui.point.accuracy"),
			"draft": ui.T(ctx, "collectui.draft"), "forget": ui.T(ctx, "collectui.draft.forget"), "last": ui.T(ctx, "collectui.last"),
			"map": ui.T(ctx, "collectui.point.map"), "mapclose": ui.T(ctx, "collectui.point.map.close"), "mapfailed": ui.T(ctx, "collectui.point.map.failed"), "mapname": ui.T(ctx, "collectui.point.map.name"),
			"mapmarker": ui.T(ctx, "collectui.point.marker"), "mapin": ui.T(ctx, "plot.map.in"), "mapout": ui.T(ctx, "plot.map.out"), "keys": ui.T(ctx, "collectui.point.keys"), "placed": ui.T(ctx, "collectui.point.placed"),
			"proposals": ui.T(ctx, "collectui.proposals"), "some": ui.T(ctx, "collectui.proposals.some"), "none": ui.T(ctx, "collectui.proposals.nothing"),
			"choices": ui.T(ctx, "collectui.choice.list"), "choicesearch": ui.T(ctx, "collectui.choice.search"), "choicesome": ui.T(ctx, "collectui.choice.some"), "choicenone": ui.T(ctx, "collectui.choice.nothing"),
		},
	}
	if problem != nil && len(problems) == 0 {
		view.Failed = ui.Failed(ctx, problem)
	}
	view.Map = p.placeMap(f)
	fields := fieldsOf{ctx: ctx, form: f, asked: d, values: x.values, problems: problems, zone: p.o.Zone}
	page := ui.Page{Title: d.Title, Description: markup.Text(d.Description, 200), NoIndex: f.Access != collect.Public}
	if x.corrects != nil {
		fields.files = x.corrects.Files
		page = p.correcting(ctx, x, &view)
	}
	view.Blocks = fields.blocks(d.Items, spot{around: []form.Values{x.values}, level: 2})
	if now := p.o.Now(); x.corrects == nil && !f.Open(now) {
		n := ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "collect.closed"), Text: ui.T(ctx, "collect.closed.hint")}
		if now.Before(f.Opens) {
			n.Title, n.Text = ui.T(ctx, "collect.not-open", i18n.Args{"Date": f.Opens}), ""
		}
		view.Closed = &n
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may be the key of a link
	return shell.PageStatus(w, r, status, page, fillFormPage(view))
}

// draftOf is the name of a form's draft in a browser.
func draftOf(f collect.Form) string { return "socle-draft-" + string(f.ID) }

func secretOf(r *http.Request) string {
	if s := r.PostForm.Get("secret"); len(s) >= 16 {
		return s
	}
	return ids.Secret(16)
}

func hasFiles(items []form.Item) bool {
	for i := range items {
		if items[i].Attached() || hasFiles(items[i].Items) {
			return true
		}
	}
	return false
}

// maxForm is how much of a posted form is kept in memory; files go to the disk.
const maxForm = 1 << 20

// fill takes what was filled in.
func (p *Pages) fill(w http.ResponseWriter, r *http.Request) error {
	f, v, err := p.found(r)
	if err != nil {
		return err
	}
	done, err := readForm(r)
	if err != nil {
		return err
	}
	defer done()
	x := filling{form: f, key: r.PathValue("key"), entry: r.PostForm.Get("entry")}
	v.Secret = r.PostForm.Get("secret") // of this page: sending it twice is one entry
	out, shown, err := p.take(w, r, v, x, collect.Sent{MadeAt: p.o.Now()})
	if err != nil || shown {
		return err
	}
	state := "?saisie=" + url.QueryEscape(out.Entry.ID)
	if out.Entry.State != collect.Accepted && (out.Entry.State != collect.Incomplete || f.Moderated) {
		state += "&attend=1"
	}
	return shell.Redirect(w, r, "/f/"+r.PathValue("key")+"/merci"+state)
}

// take sends what a page of a form holds, with its files. shown: it was not taken, and
// the page is there again with all that was typed.
func (p *Pages) take(w http.ResponseWriter, r *http.Request, v collect.Visitor, x filling, sent collect.Sent) (out collect.Outcome, shown bool, err error) {
	items := x.form.Definition.Items
	if act := r.PostForm.Get("act"); act != "" { // the same page, with other rows
		x.values = reading{r.PostForm, p.o.Zone, allBlanks}.values(items, "")
		change(items, x.values, act)
		return out, true, p.fillPage(w, r, x, nil)
	}
	var had []collect.File
	if x.corrects != nil {
		had = x.corrects.Files
	}
	list, files, err := attach(r, items, had)
	if err != nil {
		return out, false, err
	}
	x.values = reading{r.PostForm, p.o.Zone, noBlanks}.values(items, "")
	sent.ID, sent.Values, sent.Files = x.entry, x.values, list
	sent.Files = append(sent.Files, stays(had, sent)...)
	out, err = p.o.Collect.Put(r.Context(), v, x.form.ID, sent)
	var stale *collect.Stale
	if x.corrects == nil && errors.As(err, &stale) && stale.Entry.Revision == 1 { // its answer was lost, and this page sends it again, mended
		sent.Revision = 1
		out, err = p.o.Collect.Put(r.Context(), v, x.form.ID, sent)
	}
	if err != nil {
		if e := errs.As(err); len(e.Fields) == 0 && e.Kind != errs.TooLarge && (x.corrects == nil || e.Kind != errs.Conflict) {
			return out, false, err
		}
		return out, true, p.fillPage(w, r, x, err)
	}
	if out.Secret != "" {
		v.Secret = out.Secret
	}
	for i, h := range files {
		if err := p.send(r, v, x.form.ID, x.entry, sent.Files[i].Hash, h); err != nil {
			if errs.Is(err, errs.TooLarge) { // the room went meanwhile: sent again, it is the same entry
				return out, true, p.fillPage(w, r, x, err)
			}
			return out, false, err
		}
	}
	return out, false, nil
}

// readForm reads a form that was sent; done removes what was kept of it on the disk.
func readForm(r *http.Request) (done func(), err error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(maxForm)
	} else {
		r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
		err = r.ParseForm()
	}
	done = func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll()
		}
	}
	if err == nil {
		return done, nil
	}
	done()
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, err
	}
	return nil, httpx.BadRequest("collectui.form.cut")
}

// attach announces the files that came with the form, and answers their questions with
// their names. A file in a row is one of the repeat that the form has. The same bytes are
// one file, and each file of an entry has its own name, those that it had before too.
func attach(r *http.Request, items []form.Item, had []collect.File) (list []collect.File, files []*multipart.FileHeader, err error) {
	if r.MultipartForm == nil {
		return nil, nil, nil
	}
	for _, input := range slices.Sorted(maps.Keys(r.MultipartForm.File)) {
		it, top := find(items, strings.TrimPrefix(input, inputName("")))
		h := r.MultipartForm.File[input][0]
		if it == nil || !it.Attached() || h.Size == 0 {
			continue
		}
		hash, err := hashOf(h)
		if err != nil {
			return nil, nil, err
		}
		at := slices.IndexFunc(list, func(f collect.File) bool { return f.Hash == hash })
		if at < 0 {
			name, all := fileName(h.Filename), append(list[:len(list):len(list)], had...)
			if same := slices.IndexFunc(had, func(f collect.File) bool { return f.Hash == hash }); same >= 0 {
				name = had[same].Name
			} else if slices.ContainsFunc(all, func(f collect.File) bool { return f.Name == name }) {
				ending := filepath.Ext(name)
				name = strings.TrimSuffix(name, ending) + "-" + hash[:10] + ending
			}
			at = len(list)
			list = append(list, collect.File{Field: top.Name, Name: name, Type: h.Header.Get("Content-Type"), Size: h.Size, Hash: hash})
			files = append(files, h)
		}
		r.PostForm.Set(input, list[at].Name)
	}
	return list, files, nil
}

// fileName is a name that a cell and a download can bear.
func fileName(s string) string {
	s = filepath.Base(strings.ReplaceAll(s, "\\", "/"))
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune("\"/\\\x7f", r) {
			return '_'
		}
		return r
	}, s)
	for len(s) > 120 {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	if s == "" || s == "." {
		return "fichier"
	}
	return s
}

func hashOf(h *multipart.FileHeader) (string, error) {
	f, err := h.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (p *Pages) send(r *http.Request, v collect.Visitor, id collect.FormID, entry, hash string, h *multipart.FileHeader) error {
	f, err := h.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = p.o.Collect.PutFile(r.Context(), v, id, entry, hash, f)
	return err
}

// thanks says what becomes of the entry.
func (p *Pages) thanks(w http.ResponseWriter, r *http.Request) error {
	f, _, err := p.found(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	view := thanksView{Keeps: draftOf(f), Entry: r.URL.Query().Get("saisie"), Head: ui.PageHead{Eyebrow: f.Definition.Title, Title: ui.T(ctx, "collectui.thanks")}, Text: ui.T(ctx, "collectui.thanks.kept"), Again: ui.Button{Label: ui.T(ctx, "collectui.again"), Icon: "plus", Href: "/f/" + r.PathValue("key"), Style: ui.Primary}}
	switch {
	case r.URL.Query().Get("attend") != "":
		view.Text = ui.T(ctx, "collectui.thanks.waits")
	case f.State == catalogue.Published:
		view.Text = ui.T(ctx, "collectui.thanks.shown")
		view.See = &ui.Button{Label: f.DatasetTitle, Icon: "database", Href: "/datasets/" + f.DatasetSlug}
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, thanksPage(view))
}

type thanksView struct {
	Keeps string // the draft that may go from this browser
	Entry string // the one that has arrived
	Head  ui.PageHead
	Text  string
	Again ui.Button
	See   *ui.Button
}

type lookAnswer struct {
	Values   map[string]string `json:"values"`   // that are calculated, by input
	Hidden   []string          `json:"hidden"`   // inputs that are not asked
	Problems map[string]string `json:"problems"` // by input
	// Offered are the choices that filters leave, by input.
	Offered map[string][]string `json:"offered"`
	Said    map[string]said     `json:"said"` // texts that cite answers
}

// look says what the form makes of what is being typed.
func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	f, v, err := p.found(r)
	if err != nil {
		return err
	}
	done, err := readForm(r)
	if err != nil {
		return err
	}
	defer done()
	read := reading{r.PostForm, p.o.Zone, blanksBefore}
	look, err := p.o.Collect.Look(r.Context(), v, f.ID, read.values(f.Definition.Items, ""))
	if err != nil {
		return err
	}
	ans := lookAnswer{Values: map[string]string{}, Hidden: []string{}, Problems: map[string]string{}, Offered: map[string][]string{}, Said: map[string]said{}}
	d := f.Definition.In(string(ui.LangOf(r.Context())))
	fieldsOf{ctx: r.Context(), asked: d}.says(ans.Said, d.Items, spot{around: []form.Values{look.Values}, level: 2})
	made(ans.Values, f.Definition.Items, look.Values, "")
	for _, name := range look.Hidden {
		ans.Hidden = append(ans.Hidden, inputName(name))
	}
	for name, list := range look.Offered {
		ans.Offered[inputName(name)] = list
	}
	for _, b := range look.Bad {
		ans.Problems[inputName(b.Name)] = ui.T(r.Context(), b.Key, b.Args)
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
