package e2e

import (
	"bytes"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"socle/client"
)

// Programs are told of persons as people are, and publish them for a reason only.
func TestPersonsAreToldToPrograms(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	token := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator").token("read,write,publish")
	c := p.client(t, token)
	content := []byte("Nom;Prénom;Adresse;Montant\nAbrelou;Jeanne;12 rue Haute;10\nBertouze;Paul;7 avenue du Lac;20\nCazenart;Zoé;3 place Neuve;30\n")
	u, err := c.UploadFile(t.Context(), "", "aides.csv", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = c.WaitImport(t.Context(), i, nil)
	}
	if err != nil || i.Outcome == nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, f := range i.Outcome.Personal {
		told[f.Kind] = strings.Join(f.Columns, " ")
		if f.Message == "" || f.Rule == "" || len(f.Ways) == 0 {
			t.Errorf("told without why: %+v", f)
		}
	}
	if told["name"] != "Nom Prénom" || told["address"] != "Adresse" {
		t.Errorf("told: %v", told)
	}
	_, err = c.Publish(t.Context(), client.PublishRequest{Import: i.ID, Title: "Aides", Description: "Un essai."})
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusConflict || !strings.Contains(refused.Message, "Nom, Prénom, Adresse") {
		t.Errorf("published without a reason: %v", err)
	}
	publish := func(more ...string) (status int, said string) {
		cmd := exec.CommandContext(t.Context(), socle, append([]string{"publish", asFile(t, "aides.csv", content), "--dataset", "Aides de l’année", "--server", p.url, "--token", token, "--lang", "fr"}, more...)...)
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			return ended.ExitCode(), string(out)
		}
		return 0, string(out)
	}
	if status, said := publish(); status != 2 || !strings.Contains(said, "Nom, Prénom") || !strings.Contains(said, "--personal") {
		t.Errorf("socle publish: %d %s", status, said)
	}
	if status, said := publish("--personal", "Décret n° 2017-779"); status != 0 || !strings.Contains(said, "Nom, Prénom") || !strings.Contains(said, "/datasets/aides-de-l-annee") {
		t.Errorf("socle publish --personal: %d %s", status, said)
	}
}
