package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/BurntSushi/toml"

	"socle/internal/errs"
)

// Provider is an identity provider of OpenID Connect, a table [[provider]] of the
// file that auth.providers names.
type Provider struct {
	ID               string   `toml:"id"`                 // small letters, digits, hyphens: part of an address
	Name             string   `toml:"name"`               // on the button
	Issuer           string   `toml:"issuer"`             // https://…
	ClientID         string   `toml:"client_id"`          // given by the provider
	ClientSecret     string   `toml:"client_secret"`      // idem
	ClientSecretFile string   `toml:"client_secret_file"` // file that holds it
	Scopes           []string `toml:"scopes"`             // besides openid
	ACRValues        []string `toml:"acr_values"`         // asked for
	StrongACR        []string `toml:"strong_acr"`         // acr or amr that stand for a second factor
	EmailClaim       string   `toml:"email_claim"`
	NameClaims       []string `toml:"name_claims"`
	TrustEmail       bool     `toml:"trust_email"` // the provider verifies addresses without saying so
	Create           bool     `toml:"create"`      // whoever has an account there may have one here
}

// Providers reads the file of identity providers; none without a file. readFile is
// os.ReadFile. Kinds: Invalid (argument Detail says what and where).
func (c *Config) Providers(readFile func(string) ([]byte, error)) ([]Provider, error) {
	if c.Auth.Providers == "" {
		return nil, nil
	}
	list, err := readProviders(c.Auth.Providers, readFile)
	if err != nil {
		return nil, errs.New(errs.Invalid, "config.providers", errs.Args{"File": c.Auth.Providers, "Detail": err.Error()}).WithHint("config.invalid.hint").Because(err)
	}
	return list, nil
}

func readProviders(path string, readFile func(string) ([]byte, error)) ([]Provider, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Provider []Provider `toml:"provider"`
	}
	meta, err := toml.Decode(string(data), &file)
	if err != nil {
		return nil, err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s?", extra[0])
	}
	seen := map[string]bool{}
	for i := range file.Provider {
		p := &file.Provider[i]
		if p.ClientSecretFile != "" {
			secret, err := readFile(p.ClientSecretFile)
			if err != nil {
				return nil, err
			}
			p.ClientSecret = strings.TrimRight(string(secret), "\r\n")
		}
		if err := p.check(); err != nil {
			return nil, err
		}
		if seen[p.ID] {
			return nil, fmt.Errorf("id %q: twice", p.ID)
		}
		seen[p.ID] = true
	}
	return file.Provider, nil
}

func (p *Provider) check() error {
	u, err := url.Parse(p.Issuer)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	switch {
	case p.ID == "" || len(p.ID) > 40 || strings.Trim(p.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || p.ID == "password" || p.ID == "link" || p.ID == "passkey":
		return fmt.Errorf("id %q: a-z, 0-9, -", p.ID)
	case p.Name == "":
		return errors.New(p.ID + ": name = ?")
	case p.ClientID == "":
		return errors.New(p.ID + ": client_id = ?")
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !local):
		return fmt.Errorf("%s: issuer %q: https://…", p.ID, p.Issuer)
	}
	return nil
}
