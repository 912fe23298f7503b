package shell

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"socle/internal/i18n"
	"socle/internal/web/ui"
)

// flash is an answer to an act, shown on the next page. It travels in a signed
// cookie as a key, so that it speaks the language of the page that shows it.
type flash struct {
	Kind ui.Kind   `json:"k"`
	Key  string    `json:"m"`
	Args i18n.Args `json:"a,omitempty"`
}

const flashSeconds = 120

func (s *Shell) flashCookie() string { return s.cookie + "-said" }

// Flash says the outcome of an act on the next page: Flash(w, r, ui.Good,
// "publish.published", args); then Redirect. The Text of key+".hint", where there is
// one, follows.
func Flash(w http.ResponseWriter, r *http.Request, kind ui.Kind, key string, args ...i18n.Args) {
	s := From(r).shell
	f := flash{Kind: kind, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	body, err := json.Marshal(f)
	if err != nil {
		s.o.Log.ErrorContext(r.Context(), "an answer cannot be written", "key", key, "err", err)
		return
	}
	value := base64.RawURLEncoding.EncodeToString(body)
	http.SetCookie(w, &http.Cookie{Name: s.flashCookie(), Value: value + "." + s.sign(value), Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: flashSeconds})
}

func (s *Shell) sign(value string) string {
	m := hmac.New(sha256.New, s.o.FlashKey)
	m.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// takeFlash reads what the last act answered and removes it.
func (s *Shell) takeFlash(ctx context.Context, w http.ResponseWriter, r *http.Request) []ui.Notice {
	c, err := r.Cookie(s.flashCookie())
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: s.flashCookie(), Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	value, signature, _ := strings.Cut(c.Value, ".")
	if !hmac.Equal([]byte(signature), []byte(s.sign(value))) {
		return nil
	}
	body, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil
	}
	var f flash
	if json.Unmarshal(body, &f) != nil {
		return nil
	}
	n := ui.Notice{Kind: f.Kind, Title: ui.T(ctx, f.Key, f.Args), Live: true}
	if hint := f.Key + ".hint"; i18n.Known(ui.LangOf(ctx), hint) {
		n.Text = ui.T(ctx, hint, f.Args)
	}
	return []ui.Notice{n}
}
