package ogc

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed openapi.json
var openapi []byte

// OpenAPIDocument describes the API at base (OpenAPI 3.0).
func OpenAPIDocument(base, title, version string) ([]byte, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(openapi, &doc); err != nil {
		return nil, fmt.Errorf("ogc: %w", err)
	}
	type info struct {
		Title   string `json:"title"`
		Version string `json:"version"`
	}
	type server struct {
		URL string `json:"url"`
	}
	for name, member := range map[string]any{"info": info{title, version}, "servers": []server{{base}}} {
		raw, err := json.Marshal(member)
		if err != nil {
			return nil, fmt.Errorf("ogc: %w", err)
		}
		doc[name] = raw
	}
	return json.Marshal(doc)
}
