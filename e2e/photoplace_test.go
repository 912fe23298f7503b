package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// geotagged is a photo as a telephone writes it: held upright, with the place and the
// owner; and the same one as it may be kept, of which a decoder gives the same picture.
func geotagged(t *testing.T, shade uint8) (sent, picture []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	exif = append(exif, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0)                              // turned to the right
	exif = append(exif, 0xA4, 0x30, 0, 2, 0, 0, 0, byte(len(homeOf)), 0, 0, 0, 38, 0, 0, 0, 0) // the owner
	exif = append(exif, homeOf...)
	sent = append(slices.Clone(b.Bytes()[:2]), 0xFF, 0xE1, 0, byte(len(exif)+2))
	sent = append(append(append(sent, exif...), b.Bytes()[2:]...), "film, "+homeOf...)
	return sent, b.Bytes()
}

const homeOf = "Jeanne Durand, 43.52041 N 1.34212 E"

// Whatever the road, a photo that everyone may see does not say where the person who took
// it lives, nor who they are; which way is up stays, and so does what was sent twice.
func TestPhotosTellNoPlace(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	editor := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	form := imported(t, editor, workbook(t))
	editor.send(editor.get("/formulaires/"+form+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")

	byPage, pictureByPage := geotagged(t, 10)
	anyone := p.visitor(t)
	pg := anyone.sendFile(anyone.get("/f/arbres-remarquables"), "#entry", "v-photo", "lavoir.jpg", byPage, "v-lieu", "Lavoir", "v-essence", "frene")
	if pg.status != http.StatusOK || !strings.HasSuffix(pg.url.Path, "/merci") {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	c := appOf(t, editor, form, "Téléphone")
	x := c.download(t, c.forms(t)[0])
	byApp, pictureByApp := geotagged(t, 90)
	submission := x.fill(instanceID(), "", map[string]string{"lieu": "Pont", "essence": "chene", "photo": "pont.jpg"}, nil)
	for range 2 { // and once more, as when the answer was lost
		if a := c.accepted(t, submission, map[string][]byte{"pont.jpg": byApp}); a.status != http.StatusCreated {
			t.Errorf("%d %s", a.status, a.body)
		}
	}

	list := entriesOf(t, editor, form).Entries
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	pictures := map[string][]byte{"lavoir.jpg": pictureByPage, "pont.jpg": pictureByApp}
	for _, e := range list {
		if e.State != "accepted" || e.Revision != 1 || len(e.Files) != 1 {
			t.Fatalf("%+v", e)
		}
		f := e.Files[0]
		pg := editor.get("/api/v1/forms/" + form + "/entries/" + e.ID + "/files/" + f.SHA256)
		if pg.status != http.StatusOK || bytes.Contains(pg.body, []byte(homeOf)) {
			t.Errorf("%s: %d, and says %q", f.Name, pg.status, homeOf)
		}
		if !bytes.Contains(pg.body, []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00")) {
			t.Errorf("%s no longer says which way is up", f.Name)
		}
		if want := pictures[f.Name]; !bytes.HasSuffix(pg.body, want[2:]) {
			t.Errorf("%s is another picture", f.Name)
		}
	}
}
