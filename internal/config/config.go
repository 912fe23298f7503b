package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // the zone of the territory must be known on machines without the system's table

	"socle/internal/errs"
	"socle/internal/i18n"
)

// Config holds the settings. Names: the flag is --smtp-host, the environment
// variable SOCLE_SMTP_HOST, the key of the file smtp.host. The tags `default`,
// `name`, `prefix`, `enum`, `sep`, `placeholder` and `negatable` are kong's; `fr`
// and `en` say what the setting is for; `secret` marks what is never printed and
// may come from the file that the field's twin (…_file) names.
type Config struct {
	File            string   `name:"config" placeholder:"FILE" fr:"Fichier de réglages, en TOML." en:"File of settings, in TOML."`
	Data            string   `name:"data" placeholder:"DIR" default:"data" fr:"Dossier des données : base, fichiers, cache, index de recherche." en:"Data folder: database, files, cache, search index."`
	Addr            string   `name:"addr" placeholder:"HOST:PORT" default:"localhost:8080" fr:"Adresse d’écoute." en:"Address to listen on."`
	BaseURL         string   `name:"base-url" placeholder:"URL" fr:"Adresse publique du portail. Elle entre dans les liens, les messages et le nom des cookies ; vide : http:// suivi de l’adresse d’écoute." en:"Public address of the portal. It goes into links, messages and the names of cookies; empty: http:// and the listening address."`
	Demo            bool     `name:"demo" fr:"Portail de démonstration : un territoire, des jeux de données et des comptes inventés." en:"Demonstration portal: a territory, invented datasets and accounts."`
	DatabaseURL     string   `name:"database-url" placeholder:"URL" secret:"" fr:"Base de données : postgres://… ou sqlite:FICHIER ; vide : socle.db dans le dossier des données." en:"Database: postgres://… or sqlite:FILE; empty: socle.db in the data folder."`
	DatabaseURLFile string   `name:"database-url-file" placeholder:"FILE" fr:"Fichier qui contient l’adresse de la base de données." en:"File that holds the database URL."`
	BlobURL         string   `name:"blob-url" placeholder:"URL" fr:"Dépôt des fichiers : file:DOSSIER ou s3://SEAU?region=…&endpoint=… ; vide : blobs dans le dossier des données." en:"Store of files: file:FOLDER or s3://BUCKET?region=…&endpoint=…; empty: blobs in the data folder."`
	TrustedProxies  Networks `name:"trusted-proxies" placeholder:"CIDR,…" fr:"Adresses ou réseaux des mandataires dont les en-têtes X-Forwarded-For et X-Forwarded-Proto sont crus." en:"Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto headers are believed."`
	AllowedNetworks Networks `name:"allowed-networks" placeholder:"CIDR,…" fr:"Réseaux privés que les liens surveillés et les moissonnages peuvent visiter. Par défaut aucun." en:"Private networks that watched links and harvests may visit. None by default."`
	SchemaCatalogue string   `name:"schema-catalogue" placeholder:"URL" default:"https://schema.data.gouv.fr/schemas/schemas.json" fr:"Catalogue de schémas proposé en plus des schémas intégrés, relu chaque jour quand le réseau le permet ; none : aucun." en:"Catalogue of schemas offered beside the bundled ones, read again each day when the network allows; none: no catalogue."`
	Language        string   `name:"language" enum:"fr,en" default:"fr" fr:"Langue par défaut des pages et des messages (fr ou en)." en:"Default language of pages and messages (fr or en)."`
	Timezone        string   `name:"timezone" placeholder:"ZONE" default:"Europe/Paris" fr:"Fuseau horaire des dates montrées et des tâches planifiées." en:"Time zone of the dates shown and of scheduled work."`

	Host    Host    `embed:"" prefix:"host-" fr:"L’hôte : qui fait vivre le portail" en:"The host: who runs the portal"`
	TLS     TLS     `embed:"" prefix:"tls-" fr:"Connexion chiffrée (TLS)" en:"Encrypted connections (TLS)"`
	S3      S3      `embed:"" prefix:"s3-" fr:"Accès au dépôt S3" en:"Access to the S3 store"`
	Auth    Auth    `embed:"" prefix:"auth-" fr:"Connexion des personnes" en:"How people sign in"`
	Map     Map     `embed:"" prefix:"map-" fr:"Cartes" en:"Maps"`
	Keep    Keep    `embed:"" prefix:"keep-" fr:"Durées de conservation" en:"How long things are kept"`
	Entries Entries `embed:"" prefix:"entries-" fr:"Saisies des formulaires" en:"Entries of forms"`
	SMTP    SMTP    `embed:"" prefix:"smtp-" fr:"Envoi des messages" en:"Sending of mail"`
	Log     Log     `embed:"" prefix:"log-" fr:"Journal" en:"Log"`
	Metrics Metrics `embed:"" prefix:"metrics-" fr:"Mesures (Prometheus)" en:"Metrics (Prometheus)"`
	Limits  Limits  `embed:"" prefix:"limits-" fr:"Limites" en:"Limits"`
}

// Host is who runs the instance, as its pages show it.
type Host struct {
	Name      string `name:"name" default:"Socle" fr:"Nom montré en tête des pages." en:"Name shown at the top of pages."`
	Logo      string `name:"logo" placeholder:"FILE" fr:"Logo : un fichier SVG ou PNG." en:"Logo: an SVG or PNG file."`
	Accent    string `name:"accent" placeholder:"#RRGGBB" default:"#2a4b86" fr:"Couleur d’accent ; les pages en corrigent le contraste." en:"Accent colour; the pages correct its contrast."`
	Contact   string `name:"contact" placeholder:"EMAIL" fr:"Adresse électronique donnée aux visiteurs." en:"E-mail address given to visitors."`
	Hosting   string `name:"hosting" fr:"Hébergeur technique, pour les mentions légales : nom, adresse et téléphone ; vide : l’éditeur lui-même." en:"Hosting provider, for the legal notice: name, address and telephone; empty: the publisher itself."`
	Territory string `name:"territory" placeholder:"CODE" fr:"Code INSEE du département du territoire (31, 2A, 974…)." en:"INSEE code of the territory’s département (31, 2A, 974…)."`
}

// TLS is the server's own certificate. Empty: plain HTTP, behind a proxy.
type TLS struct {
	Cert string `name:"cert" placeholder:"FILE" fr:"Certificat (PEM, chaîne comprise)." en:"Certificate (PEM, with its chain)."`
	Key  string `name:"key" placeholder:"FILE" fr:"Clé privée du certificat (PEM)." en:"Private key of the certificate (PEM)."`
}

// S3 is the account on an S3-compatible store.
type S3 struct {
	AccessKey     string `name:"access-key" fr:"Identifiant de la clé d’accès." en:"Access key identifier."`
	SecretKey     string `name:"secret-key" secret:"" fr:"Clé secrète." en:"Secret key."`
	SecretKeyFile string `name:"secret-key-file" placeholder:"FILE" fr:"Fichier qui contient la clé secrète." en:"File that holds the secret key."`
}

// Auth is how people sign in.
type Auth struct {
	SecondFactor string        `name:"second-factor" enum:"none,host,everyone" default:"none" fr:"Qui doit avoir un second facteur (application de codes ou clé d’accès) : none (personne), host (qui a un rôle de l’hôte) ou everyone (tout le monde)." en:"Who must have a second factor (application of codes or passkey): none, host (whoever has a role of the host) or everyone."`
	SessionIdle  time.Duration `name:"session-idle" default:"168h" fr:"Une connexion inutilisée se ferme après cette durée." en:"A session unused for so long ends."`
	SessionMax   time.Duration `name:"session-max" default:"720h" fr:"Une connexion se ferme après cette durée dans tous les cas." en:"A session ends after so long in any case."`
	Providers    string        `name:"providers" placeholder:"FILE" fr:"Fichier TOML des fournisseurs d’identité OpenID Connect (ProConnect, Keycloak…) ; vide : aucun." en:"TOML file of OpenID Connect identity providers (ProConnect, Keycloak…); empty: none."`
	BreachedURL  string        `name:"breached-url" placeholder:"URL" default:"https://api.pwnedpasswords.com/range/" fr:"Liste des mots de passe volés, interrogée par les cinq premiers chiffres de l’empreinte de chaque nouveau mot de passe, qui seuls sortent ; injoignable : pas de vérification ; none : jamais interrogée." en:"List of breached passwords, asked by the first five digits of the digest of each new password, which alone leave; out of reach: not checked; none: never asked."`
}

// BreachedList is the address of the list of breached passwords, "" for none.
func (a Auth) BreachedList() string {
	if a.BreachedURL == "none" {
		return ""
	}
	return a.BreachedURL
}

// Map is what lies under the rows on maps. Empty: a plain ground, and no request to
// another server.
type Map struct {
	BasemapURL  string `name:"basemap-url" placeholder:"URL" fr:"Fond de carte : adresse des tuiles d’images, avec {z}, {x} et {y} ; vide : un fond uni, sans aucune demande à un autre serveur." en:"Basemap: address of image tiles, with {z}, {x} and {y}; empty: a plain ground, and no request to another server."`
	Attribution string `name:"attribution" fr:"Mention de l’auteur du fond de carte, montrée sur les cartes." en:"Credit of the basemap, shown on maps."`
	Contours    string `name:"contours" placeholder:"FILE,…" fr:"Contours des communes et des intercommunalités : des fichiers GeoJSON en degrés, dont chaque objet a un code (INSEE, SIREN) et un nom. Les chiffres par commune se dessinent alors sur une carte." en:"Contours of communes and intercommunalities: GeoJSON files in degrees, each feature with a code (INSEE, SIREN) and a name. Figures by commune are then drawn on a map."`
}

// Keep is how long what is over is kept, in days.
type Keep struct {
	Audit    int `name:"audit" default:"0" fr:"Jours pendant lesquels le journal des actes est gardé ; 0 : toujours." en:"Days that the audit is kept; 0: for ever."`
	Links    int `name:"links" default:"7" fr:"Jours pendant lesquels un lien périmé (invitation, mot de passe) est gardé." en:"Days that a link that is over (invitation, password) is kept."`
	Requests int `name:"requests" default:"180" fr:"Jours pendant lesquels une demande d’adhésion décidée est gardée." en:"Days that a decided request to join is kept."`
	Mail     int `name:"mail" default:"30" fr:"Jours pendant lesquels une lettre partie, gardée ou refusée reste dans la boîte d’envoi." en:"Days that a letter that was sent, kept or refused stays in the outbox."`
	Askers   int `name:"askers" default:"30" fr:"Jours pendant lesquels l’adresse de qui a demandé une donnée est gardée, une fois la demande traitée ; un an après la demande en tout cas." en:"Days that the address of who asked for data is kept once the request is settled; a year after the request in any case."`
}

// Entries are what is entered with forms, and the versions cut from them.
type Entries struct {
	File       Bytes         `name:"file" default:"25MB" fr:"Taille d’une photo ou d’un fichier joint à une saisie." en:"Size of a photo or file attached to an entry."`
	Watchers   int           `name:"watchers" default:"2000" fr:"Pages et appareils qui suivent les changements en direct, au plus." en:"Pages and devices that follow changes live, at most."`
	AddressURL string        `name:"address-url" placeholder:"URL" fr:"Service d’adresses interrogé quand le portail ne connaît pas l’adresse que l’on tape, par exemple https://data.geopf.fr/geocodage/search ; ce qui est tapé lui est envoyé. Vide ou injoignable : le portail propose seulement ce qu’il a." en:"Address service asked when the portal does not know the address being typed, for example https://data.geopf.fr/geocodage/search; what is typed is sent to it. Empty or out of reach: the portal proposes only what it has."`
	CompanyURL string        `name:"company-url" placeholder:"URL" fr:"Service d’entreprises interrogé quand le portail ne connaît pas le SIRET, le SIREN ou le nom que l’on tape, par exemple https://recherche-entreprises.api.gouv.fr/search ; ce qui est tapé lui est envoyé. Vide ou injoignable : le portail propose seulement ce qu’il a." en:"Company service asked when the portal does not know the SIRET, SIREN or name being typed, for example https://recherche-entreprises.api.gouv.fr/search; what is typed is sent to it. Empty or out of reach: the portal proposes only what it has."`
	KeepAll    time.Duration `name:"keep-all" default:"24h" fr:"Durée pendant laquelle toutes les versions tirées des saisies, et celles des jeux consolidés, sont gardées." en:"How long all versions cut from entries, and those of consolidated datasets, are kept."`
	KeepHourly time.Duration `name:"keep-hourly" default:"168h" fr:"Ensuite, âge jusqu’auquel une version par heure est gardée." en:"Then, the age up to which one version an hour is kept."`
	KeepDaily  time.Duration `name:"keep-daily" default:"2160h" fr:"Ensuite, âge jusqu’auquel une version par jour est gardée ; après, une par mois. Les versions épinglées ou déposées comme fichier restent." en:"Then, the age up to which one version a day is kept; after that, one a month. Pinned versions and those that came as a file stay."`
}

// SMTP is the mail server. Empty host: messages stay readable in the administration.
type SMTP struct {
	Host         string `name:"host" fr:"Serveur ; vide : les messages restent lisibles dans l’administration." en:"Server; empty: messages stay readable in the administration."`
	Port         int    `name:"port" default:"587" fr:"Port." en:"Port."`
	User         string `name:"user" fr:"Compte ; vide : sans authentification." en:"Account; empty: no authentication."`
	Password     string `name:"password" secret:"" fr:"Mot de passe." en:"Password."`
	PasswordFile string `name:"password-file" placeholder:"FILE" fr:"Fichier qui contient le mot de passe." en:"File that holds the password."`
	From         string `name:"from" placeholder:"EMAIL" fr:"Expéditeur : « Nom <adresse> » ou une adresse." en:"Sender: “Name <address>” or an address."`
	TLS          string `name:"tls" enum:"starttls,tls,none" default:"starttls" fr:"Chiffrement : starttls (exigé), tls (dès la connexion) ou none." en:"Encryption: starttls (required), tls (from the start) or none."`
}

// Log is how records are written, on standard error.
type Log struct {
	Format string     `name:"format" enum:"text,json" default:"text" fr:"Forme : text ou json." en:"Form: text or json."`
	Level  slog.Level `name:"level" default:"INFO" fr:"Niveau : DEBUG, INFO, WARN ou ERROR." en:"Level: DEBUG, INFO, WARN or ERROR."`
}

// Metrics are served at /metrics of their own address, or of the portal for who has the token.
type Metrics struct {
	Addr      string `name:"addr" placeholder:"HOST:PORT" fr:"Adresse d’écoute réservée aux mesures." en:"Listening address for metrics alone."`
	Token     string `name:"token" secret:"" fr:"Jeton qui ouvre /metrics sur l’adresse du portail ; vide : fermé." en:"Token that opens /metrics at the portal’s address; empty: closed."`
	TokenFile string `name:"token-file" placeholder:"FILE" fr:"Fichier qui contient ce jeton." en:"File that holds this token."`
}

// Limits keep one visitor or one file from taking the whole machine.
type Limits struct {
	Upload            Bytes         `name:"upload" default:"2GB" fr:"Taille d’un fichier déposé." en:"Size of an uploaded file."`
	OrganisationBytes Bytes         `name:"organisation-bytes" default:"50GB" fr:"Place que les fichiers, les tableaux et les photos d’une organisation peuvent prendre ; 0 : sans limite. L’administration peut en donner une autre à une organisation." en:"Space that the files, tables and photos of an organisation may take; 0: no limit. The administration can give an organisation another."`
	OrganisationRows  int64         `name:"organisation-rows" default:"100000000" fr:"Nombre de lignes que les tableaux d’une organisation peuvent tenir ; 0 : sans limite." en:"Rows that the tables of an organisation may hold; 0: no limit."`
	RequestRate       float64       `name:"request-rate" default:"50" fr:"Demandes par seconde et par visiteur." en:"Requests per second of one visitor."`
	RequestBurst      int           `name:"request-burst" default:"200" fr:"Demandes d’un visiteur acceptées d’un coup." en:"Requests of one visitor accepted at once."`
	SigninRate        float64       `name:"signin-rate" default:"300" fr:"Envois de formulaires de connexion par minute et par adresse : contre un flot, toute une administration pouvant être derrière une adresse. Les mots de passe faux sont comptés à part, par compte et par réseau." en:"Sign-in forms sent per minute from one address: against a flood, for a whole authority may be behind one. Wrong passwords are counted apart, by account and network."`
	Workers           int           `name:"workers" default:"2" fr:"Tâches menées en même temps." en:"Jobs at once."`
	QueryMemory       Bytes         `name:"query-memory" default:"256MB" fr:"Mémoire du moteur de requêtes." en:"Memory of the query engine."`
	QueryThreads      int           `name:"query-threads" default:"2" fr:"Fils d’exécution du moteur de requêtes." en:"Threads of the query engine."`
	QueryTime         time.Duration `name:"query-time" default:"20s" fr:"Durée d’une requête sur un tableau." en:"Time of one query on a table."`
	Cache             Bytes         `name:"cache" default:"4GB" fr:"Taille du cache local des tableaux." en:"Size of the local cache of tables."`
	Outgoing          Bytes         `name:"outgoing" default:"512MB" fr:"Taille d’un fichier lu sur un autre serveur." en:"Size of a file read from another server."`
	RequestTimeout    time.Duration `name:"request-timeout" default:"30s" fr:"Durée d’une page ; dépôts et téléchargements ne sont arrêtés que s’ils n’avancent plus." en:"Time of a page; uploads and downloads end only when they stop moving."`
}

// Database is the URL of the metadata database.
func (c *Config) Database() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return "sqlite:" + filepath.Join(c.Data, "socle.db")
}

// Blobs is the URL of the store of files.
func (c *Config) Blobs() string {
	if c.BlobURL != "" {
		return c.BlobURL
	}
	return "file:" + filepath.Join(c.Data, "blobs")
}

// Base is the public address, without a slash at the end.
func (c *Config) Base() *url.URL {
	s := c.BaseURL
	if s == "" {
		scheme := "http://"
		if c.TLS.Cert != "" {
			scheme = "https://"
		}
		addr := c.Addr
		if strings.HasPrefix(addr, ":") {
			addr = "localhost" + addr
		}
		s = scheme + addr
	}
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil { // Finish has refused it
		return &url.URL{Scheme: "http", Host: c.Addr}
	}
	return u
}

// Catalogue is the address of the catalogue of schemas, "" for none.
func (c *Config) Catalogue() string {
	if c.SchemaCatalogue == "none" {
		return ""
	}
	return c.SchemaCatalogue
}

// Location is the time zone.
func (c *Config) Location() *time.Location {
	l, err := time.LoadLocation(c.Timezone)
	if err != nil { // Finish has refused it
		return time.UTC
	}
	return l
}

// Lang is the default language.
func (c *Config) Lang() i18n.Lang {
	if c.Language == string(i18n.English) {
		return i18n.English
	}
	return i18n.French
}

// Finish reads the secrets kept in files and refuses settings that cannot work,
// all of them at once. readFile is os.ReadFile. Kind: Invalid, one field each.
func (c *Config) Finish(readFile func(string) ([]byte, error)) error {
	problems := errs.New(errs.Invalid, "config.invalid").WithHint("config.invalid.hint")
	for _, f := range fieldsOf(c) {
		if !f.Secret {
			continue
		}
		twin, ok := find(fieldsOf(c), f.Flag+"-file")
		if !ok || twin.value.String() == "" {
			continue
		}
		if f.value.String() != "" {
			problems.WithField(f.Key, "config.both", errs.Args{"A": f.Key, "B": twin.Key})
			continue
		}
		data, err := readFile(twin.value.String())
		if err != nil {
			problems.WithField(twin.Key, "config.secret-file", errs.Args{"File": twin.value.String()}).Because(err)
			continue
		}
		f.value.SetString(strings.TrimRight(string(data), "\r\n"))
	}
	c.check(problems)
	if _, err := c.Providers(readFile); err != nil {
		problems.WithField("auth.providers", "config.providers", errs.Args{"File": c.Auth.Providers, "Detail": errs.As(err).Args["Detail"]}).Because(err)
	}
	if len(problems.Fields) > 0 {
		problems.Args = errs.Args{"Names": fieldNames(problems)}
		return problems
	}
	return nil
}

func fieldNames(e *errs.Error) string {
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// check looks for settings that cannot work.
func (c *Config) check(p *errs.Error) {
	if m := c.Map.BasemapURL; m != "" {
		u, err := url.Parse(strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(m))
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || !strings.Contains(m, "{z}") || !strings.Contains(m, "{x}") || !strings.Contains(m, "{y}") {
			p.WithField("map.basemap_url", "config.basemap")
		}
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			p.WithField("base_url", "config.base-url")
		}
	}
	if a := c.Catalogue(); a != "" {
		if u, err := url.Parse(a); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			p.WithField("schema_catalogue", "config.schema-catalogue", errs.Args{"Value": a})
		}
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" {
		p.WithField("timezone", "config.timezone", errs.Args{"Zone": c.Timezone})
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		p.WithField("tls.cert", "config.tls")
	}
	if !isColour(c.Host.Accent) {
		p.WithField("host.accent", "config.colour", errs.Args{"Value": c.Host.Accent})
	}
	if c.SMTP.Host != "" && c.SMTP.From == "" {
		p.WithField("smtp.from", "config.smtp-from")
	}
	if c.Auth.SessionIdle <= 0 || c.Auth.SessionMax < c.Auth.SessionIdle {
		p.WithField("auth.session_max", "config.sessions")
	}
	for _, x := range []struct{ field, address string }{{"auth.breached_url", c.Auth.BreachedList()}, {"entries.address_url", c.Entries.AddressURL}, {"entries.company_url", c.Entries.CompanyURL}} {
		if u, err := url.Parse(x.address); x.address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			p.WithField(x.field, "config.web-address", errs.Args{"Value": x.address})
		}
	}
	if c.Keep.Audit < 0 || c.Keep.Links < 1 || c.Keep.Requests < 1 || c.Keep.Mail < 1 || c.Keep.Askers < 1 {
		p.WithField("keep", "config.days")
	}
	for _, f := range fieldsOf(c) {
		if strings.HasPrefix(f.Flag, "limits-") && !positive(f.value) {
			p.WithField(f.Key, "config.positive", errs.Args{"Value": fmt.Sprint(f.value.Interface())})
		}
	}
}

func isColour(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	return strings.Trim(strings.ToLower(s[1:]), "0123456789abcdef") == ""
}
