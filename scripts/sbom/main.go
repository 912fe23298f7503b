// Command sbom writes what a built program is made of: a software bill of
// materials (CycloneDX 1.6, JSON) and the licences of all parts.
//
//	go run ./scripts/sbom -binary dist/…/socle -npm web-src -out dist/…
//
// Go modules are those that the binary itself says it holds; npm packages are those
// whose files go into the pages. It fails when a part has no licence text, or one
// that is not known here to go with the licence of the program.
package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// component is one part, as CycloneDX has it.
type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	PURL     string    `json:"purl"`
	Licences []licence `json:"licenses"`

	texts []string
}

type licence struct {
	Licence struct {
		ID string `json:"id"`
	} `json:"license"`
}

type bom struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

func main() {
	binary := flag.String("binary", "", "the built program")
	npm := flag.String("npm", "web-src", "folder of package.json and node_modules")
	out := flag.String("out", "", "folder of the two files")
	version := flag.String("version", "unknown", "version of the program")
	flag.Parse()
	if err := run(context.Background(), *binary, *npm, *out, *version); err != nil {
		log.Fatalln("sbom:", err)
	}
}

func run(ctx context.Context, binary, npm, out, version string) error {
	parts, err := modules(ctx, binary)
	if err != nil {
		return err
	}
	bundled, err := packages(npm)
	if err != nil {
		return err
	}
	parts = append(parts, bundled...)
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.PURL, b.PURL) })
	var missing []error
	var texts strings.Builder
	for _, p := range parts {
		if len(p.Licences) == 0 {
			missing = append(missing, fmt.Errorf("%s has no licence that is known here (%d texts)", p.PURL, len(p.texts)))
		}
		fmt.Fprintf(&texts, "%s %s (%s)\n\n%s\n\n%s\n", p.Name, p.Version, strings.Join(ids(p), ", "), strings.Join(p.texts, "\n\n"), strings.Repeat("=", 80))
	}
	if err := errors.Join(missing...); err != nil {
		return err
	}
	b := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Components: parts}
	b.Metadata.Component = component{Type: "application", Ref: "socle", Name: "socle", Version: version, PURL: "pkg:generic/socle@" + version, Licences: []licence{}}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "sbom.cdx.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "THIRD-PARTY-LICENSES.txt"), []byte(texts.String()), 0o644)
}

func ids(c component) (list []string) {
	for _, l := range c.Licences {
		list = append(list, l.Licence.ID)
	}
	return list
}

// modules are those linked into a program, and the language's own library.
func modules(ctx context.Context, binary string) ([]component, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	list := []component{part("golang", "std", strings.TrimPrefix(info.GoVersion, "go"), strings.TrimSpace(string(root)))}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", m.Path).Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		list = append(list, part("golang", m.Path, m.Version, strings.TrimSpace(string(dir))))
	}
	return list, nil
}

// bundledToo are development packages whose files go into the pages: the icons.
var bundledToo = []string{"lucide-static"}

// packages are those of npm that the pages are bundled from, with what they need.
func packages(dir string) ([]component, error) {
	var own struct{ Dependencies map[string]string }
	if err := read(filepath.Join(dir, "package.json"), &own); err != nil {
		return nil, err
	}
	var names []string
	for n := range own.Dependencies {
		names = append(names, n)
	}
	names = append(names, bundledToo...)
	slices.Sort(names)
	seen := map[string]bool{}
	var list []component
	for len(names) > 0 {
		n := names[0]
		names = names[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		at := filepath.Join(dir, "node_modules", filepath.FromSlash(n))
		var p struct {
			Version      string
			License      string
			Dependencies map[string]string
		}
		if err := read(filepath.Join(at, "package.json"), &p); err != nil {
			return nil, err
		}
		c := part("npm", n, p.Version, at)
		if len(c.Licences) == 0 && slices.Contains(accepted, p.License) {
			c.Licences = licences(p.License) // no file of its own: as the package declares
		}
		list = append(list, c)
		for d := range p.Dependencies {
			names = append(names, d)
		}
	}
	return list, nil
}

func read(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|unlicense)([._-].*)?$`)

// part reads the licences in the folder of a part.
func part(kind, name, version, dir string) component {
	c := component{Type: "library", Name: name, Version: version, PURL: "pkg:" + kind + "/" + strings.ReplaceAll(name, "@", "%40") + "@" + version, Licences: []licence{}}
	c.Ref = c.PURL
	entries, err := os.ReadDir(dir)
	if err != nil {
		return c
	}
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		c.texts = append(c.texts, strings.TrimSpace(string(b)))
		for _, id := range recognise(string(b)) {
			if !slices.Contains(ids(c), id) {
				c.Licences = append(c.Licences, licences(id)...)
			}
		}
	}
	return c
}

func licences(list ...string) (out []licence) {
	for _, id := range list {
		var l licence
		l.Licence.ID = id
		out = append(out, l)
	}
	return out
}

// accepted are the licences that go with the one of the program: all ask to be told,
// none asks for the source of the rest.
var accepted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "OFL-1.1", "0BSD", "Unlicense", "CC0-1.0", "Zlib"}

// phrases that only one licence has, blanks folded, in lower case.
var phrases = []struct{ id, phrase string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"OFL-1.1", "sil open font license version 1.1"},
	{"Unlicense", "this is free and unencumbered software"},
	{"CC0-1.0", "cc0 1.0 universal"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted, provided"},
	{"0BSD", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted. the software"},
	{"Zlib", "altered source versions must be plainly marked as such"},
}

func recognise(text string) (list []string) {
	t := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, p := range phrases {
		if strings.Contains(t, p.phrase) && !slices.Contains(list, p.id) {
			list = append(list, p.id)
		}
	}
	if strings.Contains(t, "redistribution and use in source and binary forms") {
		id := "BSD-2-Clause"
		if strings.Contains(t, "endorse or promote") {
			id = "BSD-3-Clause"
		}
		list = append(list, id)
	}
	return list
}
