package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecognise(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n   Version 2.0, January 2004":                                            "Apache-2.0",
		"Permission is hereby granted, free of charge,\nto any person obtaining a copy":           "MIT",
		"Redistribution and use in source and binary forms … used to endorse or promote products": "BSD-3-Clause",
		"Redistribution and use in source and binary forms, with or without":                      "BSD-2-Clause",
		"GNU AFFERO GENERAL PUBLIC LICENSE":                                                       "",
	} {
		if got := strings.Join(recognise(text), ","); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The program of this test stands for a built one; a part without licence ends it.
func TestRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	npm, out := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(npm, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("package.json", `{"dependencies": {"a": "1"}}`)
	write("node_modules/a/package.json", `{"version": "1.2.3", "dependencies": {"b": "2"}}`)
	write("node_modules/a/LICENSE", "Permission is hereby granted, free of charge, to any person obtaining a copy")
	write("node_modules/b/package.json", `{"version": "2.0.0"}`)
	write("node_modules/lucide-static/package.json", `{"version": "1.0.0", "license": "ISC"}`)
	if err := run(t.Context(), self, npm, out, "1"); err == nil || !strings.Contains(err.Error(), "pkg:npm/b@2.0.0") {
		t.Fatalf("a part without licence: %v", err)
	}
	write("node_modules/b/LICENSE.md", "Apache License Version 2.0")
	if err := run(t.Context(), self, npm, out, "1"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(out, "sbom.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(b, &got); err != nil || got.Format != "CycloneDX" || len(got.Components) < 4 {
		t.Fatalf("%v %s", err, b)
	}
	if b, err = os.ReadFile(filepath.Join(out, "THIRD-PARTY-LICENSES.txt")); err != nil || !strings.Contains(string(b), "b 2.0.0 (Apache-2.0)") {
		t.Errorf("%v %s", err, b)
	}
}
