package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

func jobBadge(ctx context.Context, s jobs.State) ui.Badge {
	switch s {
	case jobs.Running:
		return ui.Badge{Label: ui.T(ctx, "admin.job.running"), Kind: ui.Information, Icon: "loader-circle"}
	case jobs.Retrying:
		return ui.Badge{Label: ui.T(ctx, "admin.job.retrying"), Kind: ui.LookHere}
	case jobs.Failed:
		return ui.Badge{Label: ui.T(ctx, "admin.job.failed"), Kind: ui.Wrong}
	case jobs.Completed:
		return ui.Badge{Label: ui.T(ctx, "admin.job.completed"), Kind: ui.Good}
	case jobs.Cancelled:
		return ui.Badge{Label: ui.T(ctx, "admin.job.cancelled"), Icon: "x"}
	}
	return ui.Badge{Label: ui.T(ctx, "admin.job.waiting"), Icon: "clock"}
}

func (p *Pages) jobs(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	if err := v.Actor.Require(identity.ActionOperate, ""); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // 0, the newest, when it is no number
	f := jobs.Filter{Before: before, Limit: pageSize}
	state := jobs.State(q.Get("state"))
	if slices.Contains(jobs.States, state) {
		f.States = []jobs.State{state}
	} else {
		state = ""
	}
	var list []jobs.Record
	err := p.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = jobs.List(ctx, tx, f)
		return err
	})
	if err != nil {
		return err
	}
	view := listView{frame: frame{tabs(ctx, v.Actor, "/admin/jobs"), ui.PageHead{Title: ui.T(ctx, "admin.jobs"), Lead: ui.T(ctx, "admin.jobs.lead")}},
		Filter: ui.Tabs{Label: ui.T(ctx, "admin.filter"), Tabs: []ui.Tab{{Label: ui.T(ctx, "admin.jobs.all"), Href: "/admin/jobs", Current: state == ""}}},
		Items:  ui.Items{Level: 2}, Empty: ui.Empty{Icon: "list-checks", Title: ui.T(ctx, "admin.jobs.none"), Text: ui.T(ctx, "admin.jobs.none.text")}}
	for _, s := range jobs.States {
		view.Filter.Tabs = append(view.Filter.Tabs, ui.Tab{Label: jobBadge(ctx, s).Label, Href: "/admin/jobs?state=" + string(s), Current: s == state})
	}
	for _, j := range list {
		it := ui.Item{Title: kindName(ctx, j.Kind), Href: "/admin/jobs/" + strconv.FormatInt(j.ID, 10), Badges: []ui.Badge{jobBadge(ctx, j.State)},
			Facts: []ui.Fact{{Icon: "clock", Text: ui.Ago(ctx, j.Added, p.o.Now())}, {Icon: "refresh-cw", Text: tries(ctx, j)}}}
		if j.State == jobs.Failed || j.State == jobs.Retrying {
			it.Text, _ = failure(ctx, j)
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	if len(list) == pageSize {
		view.Older = after(r, "before", strconv.FormatInt(list[len(list)-1].ID, 10))
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, listPage(view))
}

// kindName is what a job does, in words. A listener's job is named "on:EVENT/LISTENER".
func kindName(ctx context.Context, kind string) string {
	if of, ok := strings.CutPrefix(kind, "on:"); ok {
		if _, listener, ok := strings.Cut(of, "/"); ok {
			kind = listener
		}
	}
	return named(ctx, "admin.job-kind.", kind)
}

func tries(ctx context.Context, j jobs.Record) string {
	return ui.T(ctx, "admin.job.tries", i18n.Args{"Done": j.Attempts, "Most": j.MaxAttempts})
}

// failure is the last error of a job in words, and what to do about it.
func failure(ctx context.Context, j jobs.Record) (what, hint string) {
	l := ui.LangOf(ctx)
	switch {
	case j.ErrorAt.IsZero():
		return "", ""
	case i18n.Known(l, j.ErrorKey):
		what = ui.T(ctx, j.ErrorKey, j.ErrorArgs)
	default:
		what = ui.T(ctx, "admin.job.error")
	}
	if i18n.Known(l, j.ErrorHint) {
		return what, ui.T(ctx, j.ErrorHint, j.ErrorArgs)
	}
	return what, ui.T(ctx, "admin.job.error-do")
}

// jobView is one job.
type jobView struct {
	frame
	Failure *ui.Notice
	Facts   ui.KeyValues
	Log     *ui.Code // the error as the log has it
	Args    ui.Code
	Retry   string // addresses of the acts; "" where the state does not allow them
	Cancel  string
}

// jobOf finds the job of an address.
func (p *Pages) jobOf(r *http.Request) (j jobs.Record, err error) {
	ctx := r.Context()
	if err := shell.From(r).Actor.Require(identity.ActionOperate, ""); err != nil {
		return j, err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 || strings.HasPrefix(r.PathValue("id"), "+") {
		return j, none()
	}
	var list []jobs.Record
	err = p.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = jobs.List(ctx, tx, jobs.Filter{Before: id + 1, Limit: 1})
		return err
	})
	if err != nil {
		return j, err
	}
	if len(list) == 0 || list[0].ID != id {
		return j, none()
	}
	return list[0], nil
}

func (p *Pages) job(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	j, err := p.jobOf(r)
	if err != nil {
		return err
	}
	at := "/admin/jobs/" + strconv.FormatInt(j.ID, 10)
	view := jobView{frame: frame{tabs(ctx, v.Actor, "/admin/jobs"), ui.PageHead{Title: kindName(ctx, j.Kind), Badges: []ui.Badge{jobBadge(ctx, j.State)}}},
		Args: ui.Code{ID: "job-args", Title: j.Kind, Text: string(j.Args)}}
	if what, hint := failure(ctx, j); what != "" {
		view.Failure = &ui.Notice{Kind: ui.Wrong, Title: what, Text: hint}
		if j.State == jobs.Completed {
			view.Failure.Kind = ui.Information
		}
		view.Log = &ui.Code{ID: "job-error", Title: ui.T(ctx, "admin.job.log"), Text: j.ErrorText}
	}
	add := func(key, value string) {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
	}
	add("admin.job.attempts", tries(ctx, j))
	add("admin.job.added", ui.Moment(ctx, j.Added))
	if j.State == jobs.Waiting || j.State == jobs.Retrying {
		add("admin.job.due", ui.Moment(ctx, j.Due))
	}
	if !j.Started.IsZero() {
		add("admin.job.started", ui.Moment(ctx, j.Started))
	}
	if !j.Ended.IsZero() {
		add("admin.job.ended", ui.Moment(ctx, j.Ended))
	}
	switch j.State {
	case jobs.Failed, jobs.Cancelled:
		view.Retry = at + "/retry"
	case jobs.Retrying, jobs.Waiting:
		view.Retry, view.Cancel = at+"/retry", at+"/cancel"
	case jobs.Running:
		view.Cancel = at + "/cancel"
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "admin.jobs"), Href: "/admin/jobs"}, {Label: view.Head.Title}}}, jobPage(view))
}

// act does something to a job and writes it in the audit.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, verb, done string, do func(context.Context, *sqldb.Tx, int64) error) error {
	ctx := r.Context()
	j, err := p.jobOf(r)
	if err != nil {
		return err
	}
	id := strconv.FormatInt(j.ID, 10)
	err = p.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := do(ctx, tx, j.ID); err != nil {
			return err
		}
		return identity.Record(ctx, tx, shell.From(r).Actor, verb, "job:"+id, nil, auditOfJob{j.Kind})
	})
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, done)
	return shell.Redirect(w, r, "/admin/jobs/"+id)
}

type auditOfJob struct {
	Kind string `json:"kind"`
}

func (p *Pages) retry(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "job.retry", "admin.job.retried", jobs.Retry)
}

func (p *Pages) askCancel(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	j, err := p.jobOf(r)
	if err != nil {
		return err
	}
	at := "/admin/jobs/" + strconv.FormatInt(j.ID, 10)
	return shell.Ask(w, r, ui.Ask{Title: ui.T(ctx, "admin.job.cancel.ask", i18n.Args{"Kind": kindName(ctx, j.Kind)}), Act: ui.T(ctx, "admin.job.cancel"), Action: at + "/cancel", Back: at,
		Losses: []string{ui.T(ctx, "admin.job.cancel.loss"), ui.T(ctx, "admin.job.cancel.again")}}, nil)
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "job.cancel", "admin.job.cancel.done", jobs.Cancel)
}
