package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"socle/internal/errs"
	"socle/internal/i18n"
)

func sources(args []string, env, files map[string]string) Sources {
	return Sources{Args: args, Env: func(k string) string { return env[k] }, ReadFile: func(p string) ([]byte, error) {
		if s, ok := files[p]; ok {
			return []byte(s), nil
		}
		return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}}
}

// flag > environment > file > default, for a plain value, a number, a list, a switch.
func TestPrecedence(t *testing.T) {
	files := map[string]string{"s.toml": `
addr = "file:1"
demo = true
language = "en"
trusted_proxies = ["10.0.0.0/8", "::1"]
[smtp]
port = 2525
[limits]
upload = "1GiB"
query_time = "5s"
request_rate = 1.5
`}
	env := map[string]string{"SOCLE_CONFIG": "s.toml", "SOCLE_ADDR": "env:2", "SOCLE_SMTP_PORT": "26", "SOCLE_DEMO": "false"}
	c, err := Load(sources([]string{"--addr=flag:3"}, env, files))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "flag:3" || c.SMTP.Port != 26 || c.Demo || c.Language != "en" || c.Limits.Upload != 1<<30 ||
		c.Limits.QueryTime != 5*time.Second || c.Limits.RequestRate != 1.5 || c.Timezone != "Europe/Paris" {
		t.Errorf("%+v", c)
	}
	if got := c.TrustedProxies.String(); got != "10.0.0.0/8,::1/128" {
		t.Error(got)
	}
	c, err = Load(sources([]string{"--demo", "--config", "s.toml"}, map[string]string{"SOCLE_CONFIG": "absent"}, files))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Demo || c.Addr != "file:1" || c.SMTP.Port != 2525 {
		t.Errorf("%+v", c)
	}
}

func TestDefaults(t *testing.T) {
	c, err := Load(sources([]string{"--data", "d"}, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Database() != "sqlite:"+filepath.Join("d", "socle.db") || c.Blobs() != "file:"+filepath.Join("d", "blobs") ||
		c.Base().String() != "http://localhost:8080" || c.Location().String() != "Europe/Paris" || c.Lang() != i18n.French || c.Limits.Upload != 2e9 ||
		c.Auth.BreachedList() != "https://api.pwnedpasswords.com/range/" {
		t.Errorf("%+v %s", c, c.Base())
	}
}

// What is wrong is said with where it was written and what to do.
func TestWrong(t *testing.T) {
	for _, x := range []struct {
		name      string
		args      []string
		env, file map[string]string
		want      string
	}{
		{"unknown key", []string{"--config=s"}, nil, map[string]string{"s": "adr = 'x'"}, "« adr » du fichier s n’existe pas. Vouliez-vous dire « addr » ?"},
		{"key outside its section", []string{"--config=s"}, nil, map[string]string{"s": "password = 'x'"}, "Vouliez-vous dire « smtp.password » ?"},
		{"unknown section", []string{"--config=s"}, nil, map[string]string{"s": "[mail]\nhost = 'x'"}, "« mail » du fichier s n’existe pas."},
		{"nothing like it", []string{"--config=s"}, nil, map[string]string{"s": "zzzzzzzzzzzzzzz = 1"}, "La liste des réglages"},
		{"broken file", []string{"--config=s"}, nil, map[string]string{"s": "addr = 'x'\nsmtp = ["}, "n’est pas du TOML valide : 2:"},
		{"absent file", []string{"--config=s"}, nil, nil, "s ne peut pas être lu"},
		{"bad number", nil, map[string]string{"SOCLE_SMTP_PORT": "mail"}, nil, "« mail » ne convient pas (SOCLE_SMTP_PORT)"},
		{"bad size in the file", []string{"--config=s"}, nil, map[string]string{"s": "limits.upload = 'lots'"}, "« lots » ne convient pas (s, limits.upload)"},
		{"bad choice", nil, map[string]string{"SOCLE_LANGUAGE": "de"}, nil, "« de » ne convient pas (SOCLE_LANGUAGE)"},
		{"bad network", nil, map[string]string{"SOCLE_TRUSTED_PROXIES": "10.0.0"}, nil, "SOCLE_TRUSTED_PROXIES"},
		{"list of numbers", []string{"--config=s"}, nil, map[string]string{"s": "addr = [1]"}, "s, addr"},
		{"unknown flag", []string{"--adr=x"}, nil, nil, "--adr"},
		{"basemap without places", []string{"--map-basemap-url=https://x.fr/fond.png"}, nil, nil, "{z}/{x}/{y}"},
		{"path in the address", []string{"--base-url=https://x.fr/portail"}, nil, nil, "sans chemin"},
		{"certificate alone", []string{"--tls-cert=c.pem"}, nil, nil, "donnez les deux"},
		{"time zone", []string{"--timezone=Toulouse"}, nil, nil, "Europe/Paris"},
		{"colour", []string{"--host-accent=red"}, nil, nil, "« red »"},
		{"limit of zero", []string{"--limits-workers=0"}, nil, nil, "plus grand que zéro"},
		{"no sender", []string{"--smtp-host=mail.example.org"}, nil, nil, "expéditeur"},
		{"secret twice", []string{"--smtp-password-file=p"}, map[string]string{"SOCLE_SMTP_PASSWORD": "x"}, map[string]string{"p": "y"}, "smtp.password_file"},
		{"secret file absent", []string{"--smtp-password-file=p"}, nil, nil, "p ne peut pas être lu"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := Load(sources(x.args, x.env, x.file))
			var e *errs.Error
			if !errors.As(err, &e) || e.Kind != errs.Invalid {
				t.Fatalf("%T %v", err, err)
			}
			said := i18n.T(i18n.French, e.Key, e.Args) + " " + i18n.T(i18n.French, e.Hint, e.Args)
			for _, f := range e.Fields {
				said += " " + i18n.T(i18n.French, f.Key, f.Args)
			}
			if !strings.Contains(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(said), x.want) {
				t.Errorf("said: %s", said)
			}
		})
	}
}

func TestSecretsFromFilesAndNeverShown(t *testing.T) {
	c, err := Load(sources(nil, map[string]string{"SOCLE_S3_SECRET_KEY_FILE": "k", "SOCLE_METRICS_TOKEN": "m"}, map[string]string{"k": "hush\n"}))
	if err != nil || c.S3.SecretKey != "hush" || c.Metrics.Token != "m" {
		t.Fatalf("%v %+v", err, c)
	}
}

// The CLI embeds Config in its subcommands: others do not need the file.
func TestEmbeddedInSubcommands(t *testing.T) {
	var app struct {
		Serve struct {
			Config `embed:""`
		} `cmd:""`
		Check struct {
			File string `arg:""`
		} `cmd:""`
	}
	s := sources([]string{"check", "x.csv"}, map[string]string{"SOCLE_CONFIG": "absent", "SOCLE_ADDR": "env:1"}, map[string]string{"s": "data = 'elsewhere'"})
	k := kong.Must(&app, kong.Resolvers(NewResolver(s)))
	Localize(k.Model, i18n.English)
	if _, err := k.Parse(s.Args); err != nil {
		t.Fatal(err)
	}
	s.Args = []string{"serve", "--config", "s"}
	k = kong.Must(&app, kong.Resolvers(NewResolver(s)))
	Localize(k.Model, i18n.English)
	if _, err := k.Parse(s.Args); err != nil {
		t.Fatal(err)
	}
	if app.Serve.Data != "elsewhere" || app.Serve.Addr != "env:1" {
		t.Errorf("%+v", app.Serve)
	}
	if h := k.Model.Children[0].Flags[1].Help; !strings.Contains(h, "$SOCLE_") {
		t.Errorf("help not localized: %q", h)
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]Bytes{"2GB": 2e9, "1.5 MiB": 3 << 19, "10": 10, "4 Go": 4e9, "0": 0} {
		var b Bytes
		if err := b.UnmarshalText([]byte(in)); err != nil || b != want {
			t.Errorf("%s: %d, %v", in, b, err)
		}
	}
	for _, in := range []string{"", "-1", "GB", "NaN", "1e40GB"} {
		if err := new(Bytes).UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
	if s := Bytes(512e6).String(); s != "512MB" {
		t.Error(s)
	}
}

func TestRealEnvironmentAndFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socle.toml")
	if err := os.WriteFile(path, []byte("[host]\nname = \"Haute-Garonne\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOCLE_CONFIG", path)
	c, err := Load(Sources{Env: os.Getenv, ReadFile: os.ReadFile})
	if err != nil || c.Host.Name != "Haute-Garonne" {
		t.Fatal(err, c)
	}
}
