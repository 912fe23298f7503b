package openrosa

import (
	"bytes"
	"compress/zlib"
	"crypto/md5" //nolint:gosec // the protocol's fingerprint, of no use for safety
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"strings"
)

// Version is that of the protocol, in the header of every answer.
const Version = "1.0"

// SubmissionPart names the part of a submission that holds its XML.
const SubmissionPart = "xml_submission_file"

// Listed is a form in the list of forms.
type Listed struct {
	ID, Name, Version, Description string
	Hash                           string // of Fingerprint
	Download, Manifest             string // addresses; Manifest "" when the form needs no file
}

// Fingerprint is how the protocol names the bytes of a form or of a file.
func Fingerprint(b []byte) string {
	sum := md5.Sum(b)
	return "md5:" + hex.EncodeToString(sum[:])
}

// FormList writes the list of forms.
func FormList(list []Listed) []byte {
	var w writer
	w.raw(xml.Header)
	w.raw(`<xforms xmlns="http://openrosa.org/xforms/xformsList">`)
	for _, f := range list {
		w.raw("<xform>")
		w.element("formID", f.ID)
		w.element("name", f.Name)
		w.element("version", f.Version)
		w.element("hash", f.Hash)
		if f.Description != "" {
			w.element("descriptionText", f.Description)
		}
		w.element("downloadUrl", f.Download)
		if f.Manifest != "" {
			w.element("manifestUrl", f.Manifest)
		}
		w.raw("</xform>")
	}
	w.raw("</xforms>")
	return w.Bytes()
}

// Media is a file that a form needs.
type Media struct{ Name, Hash, Download string }

// Manifest writes the list of files of a form.
func Manifest(list []Media) []byte {
	var w writer
	w.raw(xml.Header)
	w.raw(`<manifest xmlns="http://openrosa.org/xforms/xformsManifest">`)
	for _, m := range list {
		w.raw("<mediaFile>")
		w.element("filename", m.Name)
		w.element("hash", m.Hash)
		w.element("downloadUrl", m.Download)
		w.raw("</mediaFile>")
	}
	w.raw("</manifest>")
	return w.Bytes()
}

// Response writes the answer to a submission.
func Response(message string) []byte {
	var w writer
	w.raw(xml.Header)
	w.raw(`<OpenRosaResponse xmlns="http://openrosa.org/http/response">`)
	w.element("message", message)
	w.raw("</OpenRosaResponse>")
	return w.Bytes()
}

// Failure writes the answer to a request that was refused; clients show its text.
func Failure(message string) []byte {
	var w writer
	w.raw(xml.Header)
	w.raw(`<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="error">`)
	w.text(message)
	w.raw("</message></OpenRosaResponse>")
	return w.Bytes()
}

// Settings is what a client needs to know of a server.
type Settings struct {
	Server             string // address, without /formList
	Username, Password string // "" when the address says enough
	Project            string // shown as the name of the project
}

// QR is the text of the code that ODK Collect and KoboCollect read their settings
// from.
func (s Settings) QR() (string, error) {
	general := map[string]any{"server_url": s.Server, "form_update_mode": "match_exactly", "autosend": "wifi_and_cellular"}
	if s.Username != "" {
		general["username"], general["password"] = s.Username, s.Password
	}
	text, err := json.Marshal(map[string]any{"general": general, "admin": map[string]any{}, "project": map[string]any{"name": s.Project}})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// writer writes XML.
type writer struct{ bytes.Buffer }

func (w *writer) raw(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
}

func (w *writer) text(s string) {
	// Writing to memory does not fail; what XML cannot hold becomes U+FFFD.
	_ = xml.EscapeText(&w.Buffer, []byte(s))
}

func (w *writer) element(name, text string) {
	w.raw("<", name, ">")
	w.text(text)
	w.raw("</", name, ">")
}

// open writes a start tag; attributes are pairs, those without value are left out.
func (w *writer) open(name string, attributes ...string) { w.tag(name, ">", attributes) }

// empty writes an element without content.
func (w *writer) empty(name string, attributes ...string) { w.tag(name, "/>", attributes) }

func (w *writer) tag(name, end string, attributes []string) {
	w.raw("<", name)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		w.raw(" ", attributes[i], `="`)
		w.text(attributes[i+1])
		w.raw(`"`)
	}
	w.raw(end)
}

// elementName makes a name that XML allows of any text.
func elementName(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xC0 && r <= 0x17F && r != 0xD7 && r != 0xF7:
			b.WriteRune(r)
		case (r >= '0' && r <= '9' || r == '-' || r == '.') && b.Len() > 0:
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
