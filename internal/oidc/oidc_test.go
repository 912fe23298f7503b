package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/oidc"
)

// server is a provider that can lie; the honest one of the tests is a real provider
// (package e2e).
type server struct {
	*httptest.Server
	t        *testing.T
	key      *rsa.PrivateKey
	signWith *rsa.PrivateKey
	token    map[string]any // claims of the ID token
	info     map[string]any // of userinfo
	signed   bool           // userinfo is a JWT
	form     url.Values     // what the token endpoint got
}

func newServer(t *testing.T) *server {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, key: key, signWith: key}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/jwks", "userinfo_endpoint": s.URL + "/me",
			"end_session_endpoint": s.URL + "/end", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		s.form = r.PostForm
		reply(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": s.jwt(s.token)})
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) {
		if s.signed {
			w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
			_, _ = w.Write([]byte(s.jwt(s.info)))
			return
		}
		reply(w, s.info)
	})
	return s
}

func (s *server) jwt(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		s.t.Error(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.signWith, crypto.SHA256, sum[:])
	if err != nil {
		s.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// What does not hold is refused, whatever it is.
func TestFaults(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	hour := func(n int) int64 { return time.Now().Add(time.Duration(n) * time.Hour).Unix() }
	for name, c := range map[string]struct {
		spoil func(s *server, j *oidc.Journey, q url.Values)
		good  bool
	}{
		"honest":                {func(*server, *oidc.Journey, url.Values) {}, true},
		"signed information":    {func(s *server, _ *oidc.Journey, _ url.Values) { s.signed = true }, true},
		"another state":         {func(_ *server, _ *oidc.Journey, q url.Values) { q.Set("state", "x") }, false},
		"no state":              {func(_ *server, j *oidc.Journey, q url.Values) { q.Del("state"); j.State = "" }, false},
		"another issuer":        {func(_ *server, _ *oidc.Journey, q url.Values) { q.Set("iss", "https://ailleurs.example") }, false},
		"refused there":         {func(_ *server, _ *oidc.Journey, q url.Values) { q.Set("error", "access_denied") }, false},
		"another nonce":         {func(s *server, _ *oidc.Journey, _ url.Values) { s.token["nonce"] = "x" }, false},
		"no nonce":              {func(s *server, _ *oidc.Journey, _ url.Values) { delete(s.token, "nonce") }, false},
		"another audience":      {func(s *server, _ *oidc.Journey, _ url.Values) { s.token["aud"] = "autre" }, false},
		"expired":               {func(s *server, _ *oidc.Journey, _ url.Values) { s.token["exp"] = hour(-1) }, false},
		"of another issuer":     {func(s *server, _ *oidc.Journey, _ url.Values) { s.token["iss"] = "https://ailleurs.example" }, false},
		"bad signature":         {func(s *server, _ *oidc.Journey, _ url.Values) { s.signWith = other }, false},
		"of somebody else":      {func(s *server, _ *oidc.Journey, _ url.Values) { s.info["sub"] = "y" }, false},
		"information for other": {func(s *server, _ *oidc.Journey, _ url.Values) { s.signed, s.info["aud"] = true, "autre" }, false},
		"information expired":   {func(s *server, _ *oidc.Journey, _ url.Values) { s.signed, s.info["exp"] = true, hour(-1) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p := oidc.New(oidc.Settings{ID: "essai", Name: "Essai", Issuer: s.URL, ClientID: "socle", ClientSecret: "s", ACR: []string{"eidas2"}, StrongACR: []string{"eidas2", "mfa"},
				NameClaims: []string{"given_name", "usual_name"}, TrustEmail: true}, "https://portail.example/back", s.Client(), time.Now)
			to, j, err := p.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(to)
			if err != nil {
				t.Fatal(err)
			}
			asked := u.Query()
			if asked.Get("code_challenge_method") != "S256" || asked.Get("acr_values") != "eidas2" || asked.Get("nonce") != j.Nonce || asked.Get("scope") != "openid email profile" {
				t.Errorf("asked %v", asked)
			}
			s.token = map[string]any{"iss": s.URL, "sub": "x", "aud": "socle", "exp": hour(1), "iat": hour(0), "nonce": j.Nonce, "amr": []string{"pwd", "mfa"}}
			s.info = map[string]any{"iss": s.URL, "aud": "socle", "sub": "x", "email": "camille@essai.example", "given_name": "Camille", "usual_name": "Martin"}
			verifier, q := j.Verifier, url.Values{"state": {j.State}, "code": {"c"}}
			c.spoil(s, &j, q)
			got, err := p.Finish(t.Context(), j, q)
			if !c.good {
				if errs.KindOf(err) != errs.Denied || !i18n.Known(i18n.French, errs.As(err).Key) {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.form.Get("code_verifier") != verifier {
				t.Error("no proof of the code")
			}
			if got.Subject != "x" || got.Email != "camille@essai.example" || !got.EmailVerified || got.Name != "Camille Martin" || !got.Strong || got.IDToken == "" {
				t.Errorf("%+v", got)
			}
			end, err := p.EndSession(t.Context(), got.IDToken, "https://portail.example/")
			if err != nil || end == "" {
				t.Error(end, err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := newServer(t)
	s.Close()
	_, _, err := oidc.New(oidc.Settings{ID: "essai", Name: "Essai", Issuer: s.URL, ClientID: "socle"}, "https://portail.example/back", &http.Client{Timeout: time.Second}, time.Now).Start(t.Context())
	if errs.KindOf(err) != errs.Busy {
		t.Errorf("%v", err)
	}
}
