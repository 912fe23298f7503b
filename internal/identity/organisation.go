package identity

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"socle/internal/errs"
	"socle/internal/ids"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// OrganisationKind says what an organisation is.
type OrganisationKind string

const (
	KindCommune     OrganisationKind = "commune"
	KindEPCI        OrganisationKind = "epci"
	KindDepartement OrganisationKind = "departement"
	KindRegion      OrganisationKind = "region"
	KindSyndicat    OrganisationKind = "syndicat"
	KindOther       OrganisationKind = "other"
)

// OrganisationKinds lists the kinds.
var OrganisationKinds = []OrganisationKind{KindCommune, KindEPCI, KindDepartement, KindRegion, KindSyndicat, KindOther}

// LabelKey is the message key of the kind's name.
func (k OrganisationKind) LabelKey() string { return "identity.kind." + string(k) }

// Organisation is an authority or partner that owns datasets. It is public.
type Organisation struct {
	ID   OrganisationID
	Slug string // its address today; older ones answer too
	OrganisationForm
	Demonstration bool
	MergedInto    OrganisationID // the one it is now part of; "" while it lives
	Revision      int            // grows at each edit; given back to edit
	CreatedAt     time.Time
	ChangedAt     time.Time
}

// OrganisationForm is what its administrators fill in.
type OrganisationForm struct {
	Name        string // 2 to 150 characters
	Kind        OrganisationKind
	SIREN       string         // nine digits, or ""
	INSEE       string         // code of the commune, département or region it is; "" for others
	Parent      OrganisationID // the EPCI of a commune, say; "" when none
	Territory   string         // code of the département or region it belongs to: 31
	Description string         // Markdown, at most 5,000 characters
	Website     string         // http or https
	Email       string
	Logo        string // SHA-256 of a blob, or ""
}

const organisationColumns = `id, slug, name, kind, siren, insee, parent, territory, description, website, email, logo, demonstration, revision, created_at, changed_at, merged_into`

func scanOrganisation(r sqldb.Scanner) (o Organisation, err error) {
	var parent, merged *OrganisationID
	err = r.Scan(&o.ID, &o.Slug, &o.Name, &o.Kind, &o.SIREN, &o.INSEE, &parent, &o.Territory, &o.Description, &o.Website, &o.Email, &o.Logo,
		&o.Demonstration, &o.Revision, &o.CreatedAt, &o.ChangedAt, &merged)
	if parent != nil {
		o.Parent = *parent
	}
	if merged != nil {
		o.MergedInto = *merged
	}
	return o, err
}

func organisation1(ctx context.Context, tx *sqldb.Tx, id OrganisationID) (Organisation, error) {
	return scanOrganisation(tx.QueryRow(ctx, `SELECT `+organisationColumns+` FROM organisations WHERE id = $1`, id))
}

// living is organisation1 of one that was not merged into another. Kinds: NotFound.
func living(ctx context.Context, tx *sqldb.Tx, id OrganisationID) (Organisation, error) {
	o, err := organisation1(ctx, tx, id)
	if err == nil && o.MergedInto != "" {
		return o, notFound()
	}
	return o, err
}

// checkOrganisation returns the form as it is stored, or its problems.
func checkOrganisation(f OrganisationForm) (OrganisationForm, error) {
	e := invalid()
	f.Name = textField(e, "name", f.Name, 2, 150)
	f.SIREN, f.INSEE, f.Territory = compact(f.SIREN), strings.ToUpper(compact(f.INSEE)), strings.ToUpper(compact(f.Territory))
	known := false
	for _, k := range OrganisationKinds {
		known = known || k == f.Kind
	}
	if !known {
		e.WithField("kind", "identity.field.required")
	}
	if f.SIREN != "" && !validSIREN(f.SIREN) {
		e.WithField("siren", "identity.field.siren")
	}
	if f.INSEE != "" {
		switch f.Kind {
		case KindCommune:
			if !communeCode.MatchString(f.INSEE) {
				e.WithField("insee", "identity.field.commune")
			}
		case KindDepartement:
			if !departementCode.MatchString(f.INSEE) {
				e.WithField("insee", "identity.field.departement")
			}
		case KindRegion:
			if !regionCode.MatchString(f.INSEE) {
				e.WithField("insee", "identity.field.region")
			}
		default:
			e.WithField("insee", "identity.field.no-insee")
		}
	}
	if f.Territory != "" && !departementCode.MatchString(f.Territory) && !regionCode.MatchString(f.Territory) {
		e.WithField("territory", "identity.field.departement")
	}
	if f.Description = strings.TrimSpace(f.Description); utf8.RuneCountInString(f.Description) > 5000 || !utf8.ValidString(f.Description) {
		e.WithField("description", "identity.field.long", errs.Args{"Count": 5000})
	}
	if f.Website = strings.TrimSpace(f.Website); f.Website != "" && !webAddress(f.Website) {
		e.WithField("website", "identity.field.website")
	}
	if f.Email != "" {
		f.Email = emailField(e, "email", f.Email)
	}
	if f.Logo != "" && !blobName(f.Logo) {
		e.WithField("logo", "identity.field.characters")
	}
	return f, problems(e)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && len(s) <= 2000
}

func blobName(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// organisationSlug gives an organisation the address made from its name, or the
// first free one like it. One that it bore before is taken again.
func organisationSlug(ctx context.Context, tx *sqldb.Tx, id OrganisationID, name string) (string, error) {
	for _, slug := range ids.SlugCandidates(name, string(id)) {
		if _, err := tx.Exec(ctx, `INSERT INTO organisation_slugs (slug, organisation, since) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING`, slug, id, tx.Now()); err != nil {
			return "", err
		}
		var owner OrganisationID
		if err := tx.QueryRow(ctx, `SELECT organisation FROM organisation_slugs WHERE slug = $1`, slug).Scan(&owner); err != nil {
			return "", err
		}
		if owner == id {
			return slug, nil
		}
	}
	return "", errs.New(errs.Conflict, "identity.address-taken")
}

func parentExists(ctx context.Context, tx *sqldb.Tx, id, parent OrganisationID) error {
	bad := invalid().WithField("parent", "identity.field.parent")
	for at, steps := parent, 0; at != ""; steps++ {
		if at == id || steps > 20 { // its own ancestor
			return bad
		}
		o, err := organisation1(ctx, tx, at)
		if errs.Is(err, errs.NotFound) {
			return bad
		}
		if err != nil {
			return err
		}
		at = o.Parent
	}
	return nil
}

func mapOrganisation(err error) error {
	if sqldb.Violates(err, "organisations_siren") {
		return errs.New(errs.Conflict, "identity.siren-taken").WithField("siren", "identity.siren-taken").WithHint("identity.siren-taken.hint")
	}
	return err
}

// CreateOrganisation makes an organisation; it has no members yet. Rights:
// ActionCreateOrganisation. Kinds: Denied, SignIn, Invalid (fields), Conflict
// (the SIREN is taken).
func (s *Service) CreateOrganisation(ctx context.Context, a Actor, f OrganisationForm, demonstration bool) (o Organisation, err error) {
	defer errs.Wrap(&err, "identity.CreateOrganisation")
	if err := a.Require(ActionCreateOrganisation, ""); err != nil {
		return o, err
	}
	if f, err = checkOrganisation(f); err != nil {
		return o, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		o = Organisation{ID: OrganisationID(s.newID(tx)), OrganisationForm: f, Demonstration: demonstration, Revision: 1, CreatedAt: tx.Now(), ChangedAt: tx.Now()}
		if err := parentExists(ctx, tx, o.ID, o.Parent); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO organisations (id, slug, name, name_fold, kind, siren, insee, parent, territory, description, website, email, logo, demonstration, revision, created_at, changed_at)
			VALUES ($1, '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)`,
			o.ID, o.Name, Fold(o.Name), o.Kind, o.SIREN, o.INSEE, orNull(o.Parent), o.Territory, o.Description, o.Website, o.Email, o.Logo, o.Demonstration, o.Revision, o.CreatedAt)
		if err != nil {
			return mapOrganisation(err)
		}
		if o.Slug, err = organisationSlug(ctx, tx, o.ID, o.Name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE organisations SET slug = $2 WHERE id = $1`, o.ID, o.Slug); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, OrganisationCreated{o.ID}); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, o.ID, "organisation.create", "organisation:"+string(o.ID), nil, o.OrganisationForm)
	})
	return o, err
}

// EditOrganisation replaces the form of an organisation. A new name gives a new
// address; the old ones still answer. Rights: ActionEditOrganisation. Kinds:
// Denied, SignIn, NotFound, Invalid (fields), Conflict (revision is not the
// latest; the SIREN is taken).
func (s *Service) EditOrganisation(ctx context.Context, a Actor, id OrganisationID, revision int, f OrganisationForm) (o Organisation, err error) {
	defer errs.Wrap(&err, "identity.EditOrganisation(%s)", id)
	if err := a.Require(ActionEditOrganisation, id); err != nil {
		return o, err
	}
	if f, err = checkOrganisation(f); err != nil {
		return o, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if o, err = living(ctx, tx, id); err != nil {
			return err
		}
		before := o.OrganisationForm
		if o.Revision != revision {
			return errs.New(errs.Conflict, "identity.edited-meanwhile").WithHint("identity.edited-meanwhile.hint")
		}
		if err := parentExists(ctx, tx, id, f.Parent); err != nil {
			return err
		}
		if f.Name != o.Name {
			if o.Slug, err = organisationSlug(ctx, tx, id, f.Name); err != nil {
				return err
			}
		}
		o.OrganisationForm, o.Revision, o.ChangedAt = f, o.Revision+1, tx.Now()
		_, err := tx.Exec(ctx, `UPDATE organisations SET slug = $2, name = $3, name_fold = $4, kind = $5, siren = $6, insee = $7, parent = $8, territory = $9,
			description = $10, website = $11, email = $12, logo = $13, revision = $14, changed_at = $15 WHERE id = $1`,
			id, o.Slug, o.Name, Fold(o.Name), o.Kind, o.SIREN, o.INSEE, orNull(o.Parent), o.Territory, o.Description, o.Website, o.Email, o.Logo, o.Revision, o.ChangedAt)
		if err != nil {
			return mapOrganisation(err)
		}
		if err := jobs.Emit(ctx, tx, OrganisationChanged{id}); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, id, "organisation.edit", "organisation:"+string(id), before, o.OrganisationForm)
	})
	return o, err
}

// Organisation returns an organisation; everyone may read it. Kinds: NotFound.
func (s *Service) Organisation(ctx context.Context, _ Actor, id OrganisationID) (o Organisation, err error) {
	defer errs.Wrap(&err, "identity.Organisation(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		o, err = organisation1(ctx, tx, id)
		return err
	})
	return o, err
}

// OrganisationByAddress returns the organisation that has or had an address:
// when o.Slug is another, redirect there. Everyone may read it. Kinds: NotFound.
func (s *Service) OrganisationByAddress(ctx context.Context, _ Actor, slug string) (o Organisation, err error) {
	defer errs.Wrap(&err, "identity.OrganisationByAddress(%s)", slug)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var id OrganisationID
		if err := tx.QueryRow(ctx, `SELECT organisation FROM organisation_slugs WHERE slug = $1`, slug).Scan(&id); err != nil {
			return err
		}
		o, err = organisation1(ctx, tx, id)
		return err
	})
	return o, err
}

// OrganisationsByID returns several organisations, for lists; ids that nobody
// bears are absent. Everyone may read them.
func (s *Service) OrganisationsByID(ctx context.Context, _ Actor, list ...OrganisationID) (out map[OrganisationID]Organisation, err error) {
	defer errs.Wrap(&err, "identity.OrganisationsByID")
	out = map[OrganisationID]Organisation{}
	if len(list) == 0 {
		return out, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+organisationColumns+` FROM organisations WHERE id IN (`+sqldb.Marks(1, len(list))+`)`, sqldb.AnySlice(list)...)
		if err != nil {
			return err
		}
		found, err := sqldb.Collect(rows, scanOrganisation)
		for _, o := range found {
			out[o.ID] = o
		}
		return err
	})
	return out, err
}

// OrganisationQuery chooses organisations.
type OrganisationQuery struct {
	Kind   OrganisationKind // "" for all
	Text   string           // start of a word of the name
	Parent OrganisationID   // "" for any
	INSEE  string           // "" for any
	SIREN  string           // its first digits, "" for any
	Merged bool             // also those that became part of another
	After  *Organisation    // the last of the page before
	Limit  int              // 1 to 200; 50 when 0
}

// Organisations lists organisations by name. Everyone may read them.
func (s *Service) Organisations(ctx context.Context, _ Actor, q OrganisationQuery) (list []Organisation, err error) {
	defer errs.Wrap(&err, "identity.Organisations")
	afterName, afterID := "", OrganisationID("")
	if q.After != nil {
		afterName, afterID = Fold(q.After.Name), q.After.ID
	}
	merged := 0
	if q.Merged {
		merged = 1
	}
	words := "%"
	if f := Fold(q.Text); f != "" {
		words = "% " + likeEscape(f) + "%"
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+organisationColumns+` FROM organisations
			WHERE ($9 = 1 OR merged_into IS NULL) AND (name_fold > $1 OR name_fold = $1 AND id > $2) AND ($3 = '' OR kind = $3) AND (' ' || name_fold) LIKE $4 ESCAPE '\'
			AND ($5 = '' OR parent = $5) AND ($6 = '' OR insee = $6) AND siren LIKE $7 ESCAPE '\'
			ORDER BY name_fold, id LIMIT $8`, afterName, afterID, q.Kind, words, q.Parent, q.INSEE, likeEscape(q.SIREN)+"%", pageLimit(q.Limit), merged)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanOrganisation)
		return err
	})
	return list, err
}

// AllOrganisations goes through the organisations that fit a query, by name, page after
// page; its Limit is not read. An error ends it.
func (s *Service) AllOrganisations(ctx context.Context, a Actor, q OrganisationQuery) iter.Seq2[Organisation, error] {
	return func(yield func(Organisation, error) bool) {
		q.Limit = mostListed
		for {
			list, err := s.Organisations(ctx, a, q)
			if err != nil {
				yield(Organisation{}, err)
				return
			}
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
			if len(list) < q.Limit {
				return
			}
			q.After = &list[len(list)-1]
		}
	}
}

// ReferencedBlobs lists the blobs that organisations hold (their logos), for the
// collector of blobs. The system only. Kinds: Denied.
func (s *Service) ReferencedBlobs(ctx context.Context, a Actor) (list []string, err error) {
	defer errs.Wrap(&err, "identity.ReferencedBlobs")
	if err := a.RequireSystem(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT logo FROM organisations WHERE logo <> '' ORDER BY logo`)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, sqldb.Text)
		return err
	})
	return list, err
}

// FindOrganisation returns an organisation by its id or an address that it has or
// had. Kinds: NotFound.
func (s *Service) FindOrganisation(ctx context.Context, a Actor, ref string) (o Organisation, err error) {
	defer errs.Wrap(&err, "identity.FindOrganisation(%s)", ref)
	o, err = s.Organisation(ctx, a, OrganisationID(ref))
	if errs.Is(err, errs.NotFound) {
		return s.OrganisationByAddress(ctx, a, ref)
	}
	return o, err
}
