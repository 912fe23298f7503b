package fieldui

import (
	"bytes"
	"encoding/json"
	"strings"

	"socle/internal/cog"
	"socle/internal/httpx"
	"socle/internal/web/ui"
)

// loaded are the addresses that the page loads, all of which the worker keeps.
func loaded(o Options) (files []string) {
	for _, name := range []string{"theme.js", "app.css", "terrain.css", "terrain.js", "font.woff2"} {
		if u := o.Assets.URL(name); u != "" {
			files = append(files, u)
		}
	}
	for _, u := range []string{o.Host.Style.CSSPath, o.Host.Style.IconPath} {
		if u != "" {
			files = append(files, u)
		}
	}
	return append(files, manifestPath, Path+"/icons/192.png")
}

const versionLength = 10

// version names everything that the application consists of: another file, another
// word or another colour is another version.
func version(v pageView, workerURL string, manifest []byte) (string, error) {
	content, err := json.Marshal(struct {
		Words, Files, Host, Worker, Manifest any
	}{v.Words, v.Files, v.Host.Name, workerURL, string(manifest)})
	if err != nil {
		return "", err
	}
	return httpx.Digest(content)[:versionLength], nil
}

// worker is the script of the worker, behind the list of what it keeps; nil when
// nothing was built. It differs whenever the version does, which is how browsers
// find an update.
func worker(a *ui.Assets, v pageView) ([]byte, error) {
	if !a.Built() {
		return nil, nil
	}
	script, err := a.Content("terrainworker.js")
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(map[string]any{"version": v.Version, "page": Path, "files": v.Files})
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{[]byte("self.terrain="), list, []byte(";\n"), script}, nil), nil
}

// communes is the list of the territory's communes: code, name, longitude and
// latitude of the middle; none without a territory. Their contours are beside it, where
// the host has some.
func communes(territory string, outlines map[string][]line) ([]byte, error) {
	list := [][4]any{}
	for p := range cog.Communes() {
		if territory == "" || !strings.EqualFold(p.Departement, territory) {
			continue
		}
		lon, lat, _ := p.Centre()
		list = append(list, [4]any{p.Code, p.Name, degrees(lon), degrees(lat)})
	}
	out := map[string]any{"communes": list}
	if len(outlines) > 0 {
		out["contours"] = outlines
	}
	return json.Marshal(out)
}

// degrees keeps four decimals, some ten metres.
func degrees(x float64) json.Number {
	b, _ := json.Marshal(float64(int(x*1e4)) / 1e4)
	return json.Number(b)
}
