package app

import (
	"errors"
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// What is wrong is told in the language of the run where it has words, as it is elsewhere.
func TestDoctorTellsInWords(t *testing.T) {
	for _, c := range []struct {
		lang i18n.Lang
		err  error
		want string
	}{
		{i18n.French, errs.New(errs.Invalid, "sqldb.url").WithHint("sqldb.url.hint"), "L’adresse de la base de données ne peut pas être lue. Écrivez"},
		{i18n.English, errs.New(errs.Invalid, "sqldb.url"), "The address of the database cannot be read."},
		{i18n.French, errors.New("disk I/O error"), "disk I/O error"},
	} {
		var out strings.Builder
		d := diagnosis{out: &out, lang: c.lang, healthy: true}
		d.tell("app.doctor.database", c.err)
		if d.healthy || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %s", d.healthy, out.String())
		}
	}
}
