package compat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"socle/internal/api/compat"
)

// definition is the description of the API (OpenAPI 3.0).
type definition struct{ doc object }

type object = map[string]any

func readDefinition(t *testing.T, body string) definition {
	t.Helper()
	var d definition
	if err := json.Unmarshal([]byte(body), &d.doc); err != nil {
		t.Fatalf("the description: %v in %.300s", err, body)
	}
	return d
}

// in goes down members; nil when one is missing. What is referred to stands for the reference.
func (d definition) in(of any, names ...string) any {
	for _, name := range names {
		o, _ := of.(object)
		of = d.resolved(o[name])
	}
	return d.resolved(of)
}

func (d definition) resolved(v any) any {
	o, _ := v.(object)
	ref, ok := o["$ref"].(string)
	if !ok {
		return v
	}
	return d.in(d.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// operations gives each path and its description of GET.
func (d definition) operations() map[string]object {
	all := map[string]object{}
	paths, _ := d.doc["paths"].(object)
	for path := range paths {
		all[path], _ = d.in(paths, path, "get").(object)
	}
	return all
}

// parameters are those of an operation by name.
func (d definition) parameters(operation object) map[string]object {
	all := map[string]object{}
	list, _ := operation["parameters"].([]any)
	for _, p := range list {
		o, _ := d.resolved(p).(object)
		name, _ := o["name"].(string)
		all[name] = o
	}
	return all
}

// operation is the one that answers a path of the portal; nil when none is described.
func (d definition) operation(path string) object {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, ogcRoot), "/"), "/")
	var found object
	for template, operation := range d.operations() {
		wanted := strings.Split(strings.Trim(template, "/"), "/")
		if len(wanted) != len(parts) {
			continue
		}
		fits := true
		for i, part := range wanted {
			fits = fits && (part == parts[i] || strings.HasPrefix(part, "{") && parts[i] != "")
		}
		if fits {
			found = operation
		}
	}
	return found
}

// faults tells in what an answer is not as described: its status, its media type, its body, and the parameters that led to it.
func (d definition) faults(address string, a ogcSaid) (list []string) {
	path, question, _ := strings.Cut(address, "?")
	operation := d.operation(path)
	if operation == nil {
		if a.status < http.StatusBadRequest {
			list = append(list, "it is not described")
		}
		return list
	}
	response, ok := d.in(operation, "responses", fmt.Sprint(a.status)).(object)
	if !ok {
		return append(list, fmt.Sprintf("the status %d is not described", a.status))
	}
	if a.body != "" {
		content, _ := response["content"].(object)
		described := false
		for kind, media := range content {
			base, _, _ := strings.Cut(kind, ";")
			if base != mediaOf(a.header) {
				continue
			}
			described = true
			if strings.HasSuffix(base, "json") {
				var v any
				if err := json.Unmarshal([]byte(a.body), &v); err != nil {
					return append(list, err.Error())
				}
				schema, _ := d.in(media, "schema").(object)
				list = append(list, d.unlike(schema, v, "")...)
			}
		}
		if !described {
			list = append(list, fmt.Sprintf("%s with the status %d is not described", mediaOf(a.header), a.status))
		}
	}
	if a.status != http.StatusOK {
		return list
	}
	values, err := url.ParseQuery(question)
	if err != nil {
		return append(list, err.Error())
	}
	known := d.parameters(operation)
	for name := range values {
		if known[name] == nil && known["columns"] == nil {
			list = append(list, "the parameter "+name+" is not described")
		}
	}
	return list
}

// unlike tells where a value is not as a schema says.
func (d definition) unlike(schema object, v any, at string) (list []string) {
	wrong := func(format string, args ...any) { list = append(list, at+": "+fmt.Sprintf(format, args...)) }
	if v == nil {
		if schema["nullable"] != true && schema["type"] != nil {
			wrong("null is no %v", schema["type"])
		}
		return list
	}
	if options, ok := schema["enum"].([]any); ok && !slices.Contains(options, v) {
		wrong("%v is none of %v", v, options)
	}
	kind := ""
	switch v := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if schema["type"] == "integer" && v == math.Trunc(v) {
			kind = "integer"
		}
		if least, ok := schema["minimum"].(float64); ok && v < least {
			wrong("%v is less than %v", v, least)
		}
	case []any:
		kind = "array"
		if least, ok := schema["minItems"].(float64); ok && len(v) < int(least) {
			wrong("%d items are less than %v", len(v), least)
		}
		if most, ok := schema["maxItems"].(float64); ok && len(v) > int(most) {
			wrong("%d items are more than %v", len(v), most)
		}
		items, _ := d.in(schema, "items").(object)
		for i, item := range v {
			list = append(list, d.unlike(items, item, fmt.Sprintf("%s/%d", at, i))...)
		}
	case object:
		kind = "object"
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				wrong("%v is missing", name)
			}
		}
		properties, described := schema["properties"].(object)
		for name, member := range v {
			property, known := d.in(properties, name).(object)
			if described && !known {
				wrong("%s is not described", name)
			}
			list = append(list, d.unlike(property, member, at+"/"+name)...)
		}
	}
	if wanted := schema["type"]; wanted != nil && wanted != kind {
		wrong("it is %s and no %v", kind, wanted)
	}
	return list
}

// filled are the paths of the description with an example of each parameter.
func (d definition) filled() (paths []string) {
	example := strings.NewReplacer("{collectionId}", "arbres", "{featureId}", "1", "{tileMatrixSetId}", "WebMercatorQuad", "{tileMatrix}", "6", "{tileRow}", "23", "{tileCol}", "32")
	for path := range d.operations() {
		paths = append(paths, strings.TrimSuffix(ogcRoot+example.Replace(path), "/"))
	}
	slices.Sort(paths)
	return paths
}

// documents are those paths that answer JSON or a page: all but tiles.
func (d definition) documents() []string {
	return slices.DeleteFunc(d.filled(), func(path string) bool { return strings.HasSuffix(path, "/6/23/32") })
}

// parameter wants a parameter of an operation to be as a standard describes it: query, not required, form, not exploded.
func (c *ogcClient) parameter(t *testing.T, path, name string) (schema object) {
	t.Helper()
	p := c.defined.parameters(c.defined.operations()[path])[name]
	if p == nil || p["in"] != "query" || p["required"] == true || p["style"] != "form" || p["explode"] != false {
		t.Fatalf("%s: %s is described as %v", path, name, p)
	}
	schema, _ = c.defined.in(p, "schema").(object)
	return schema
}

const itemsPath = "/collections/{collectionId}/items"

var ogcDefinitionProofs = proofs{
	// The landing page leads to the description in JSON, and to one for people.
	"oas-definition-1": func(t *testing.T, c *ogcClient) {
		links := c.good(t, ogcRoot, jsonT).JSON.Links
		c.good(t, links.to("service-desc", openapiT), openapiT)
		c.good(t, links.to("service-doc", htmlT), htmlT)
	},
	// It is a document of OpenAPI 3.0: what must be there is, names are used once, references lead somewhere.
	"oas-definition-2": func(t *testing.T, c *ogcClient) {
		d := c.defined
		version, _ := d.doc["openapi"].(string)
		if !strings.HasPrefix(version, "3.0.") || d.in(d.doc, "info", "title") == "" || d.in(d.doc, "info", "version") == nil || len(d.operations()) == 0 {
			t.Errorf("%v %v", version, d.doc["info"])
		}
		servers, _ := d.doc["servers"].([]any)
		if len(servers) != 1 || d.in(servers[0], "url") != "https://portail.example"+ogcRoot {
			t.Errorf("servers %v", servers)
		}
		ids := map[any]bool{}
		for path, operation := range d.operations() {
			id := operation["operationId"]
			if id == nil || ids[id] {
				t.Errorf("%s: the operationId %v", path, id)
			}
			ids[id] = true
			for part := range strings.SplitSeq(path, "/") {
				if name := strings.Trim(part, "{}"); name != part && d.parameters(operation)[name]["required"] != true {
					t.Errorf("%s: %s is not described", path, name)
				}
			}
			for name, p := range d.parameters(operation) {
				if p["schema"] == nil || p["in"] != "query" && p["in"] != "path" || p["in"] == "path" && !strings.Contains(path, "{"+name+"}") {
					t.Errorf("%s: the parameter %s: %v", path, name, p)
				}
			}
		}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case object:
				if ref, ok := v["$ref"].(string); ok && d.resolved(v) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
				for _, member := range v {
					walk(member)
				}
			case []any:
				for _, item := range v {
					walk(item)
				}
			}
		}
		walk(d.doc)
	},
	// What is described is there, and what is there is described.
	"oas-impl": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.filled() {
			if a := c.get(t, path); a.status != http.StatusOK {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		for _, route := range compat.New(compat.Options{}).Routes() {
			method, path, _ := strings.Cut(route.Pattern, " ")
			if !strings.HasPrefix(path, ogcRoot) {
				continue
			}
			if path = strings.TrimSuffix(path, "/{$}"); method != http.MethodGet || c.defined.operation(path) == nil {
				t.Errorf("%s is not described", route.Pattern)
			}
		}
	},
	// Each operation tells all statuses that it answers with, and their bodies: c.get looks at each answer of all proofs. Here,
	// each operation is brought to each of them that a request can bring about.
	"completeness": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.filled() {
			a := c.get(t, path)
			c.get(t, path, "If-None-Match", a.header.Get("ETag"))
			c.refused(t, path+"?inconnu=1", http.StatusBadRequest)
			c.refused(t, path, http.StatusNotAcceptable, "Accept", "image/gif")
			if tag := a.header.Get("ETag"); tag == "" {
				t.Errorf("%s has no ETag", path)
			} else if a := c.get(t, path, "If-None-Match", tag); a.status != http.StatusNotModified {
				t.Errorf("%s: %d for a good copy", path, a.status)
			}
			if strings.Contains(path, "arbres") {
				c.refused(t, strings.Replace(path, "arbres", "nulle-part", 1), http.StatusNotFound)
			}
			if operation := c.defined.operation(path); c.defined.in(operation, "responses", "429") == nil || c.defined.in(operation, "responses", "500") == nil || c.defined.in(operation, "responses", "503") == nil {
				t.Errorf("%s: what else may go wrong is not described", path)
			}
		}
	},
	// Errors have the form that is described.
	"exception-codes": func(t *testing.T, c *ogcClient) {
		for path, operation := range c.defined.operations() {
			responses, _ := operation["responses"].(object)
			for status := range responses {
				if status < "400" {
					continue
				}
				schema := c.defined.in(responses, status, "content", problemT, "schema")
				if c.defined.in(schema, "properties", "detail") == nil {
					t.Errorf("%s: %s has no form", path, status)
				}
			}
		}
		c.refused(t, trees1+"/items?limit=0", http.StatusBadRequest)
		c.refused(t, trees1+"/items/99", http.StatusNotFound)
	},
	// What only some may read asks for a token, which is described; nothing else asks for anything.
	"security": func(t *testing.T, c *ogcClient) {
		needs, _ := c.defined.doc["security"].([]any)
		scheme := c.defined.in(c.defined.doc, "components", "securitySchemes", "token")
		if len(needs) != 2 || len(needs[0].(object)) != 0 || needs[1].(object)["token"] == nil || c.defined.in(scheme, "scheme") != "bearer" {
			t.Errorf("%v, %v", needs, scheme)
		}
		c.refused(t, ogcRoot+"/collections/bancs-internes", http.StatusNotFound)
		c.refused(t, ogcRoot+"/collections/bancs-internes", http.StatusUnauthorized, "Authorization", "Bearer inconnu")
	},
}
