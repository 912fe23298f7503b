package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"socle/internal/config"
)

// The list of breached passwords gets five digits and asks for padding; whatever else it
// answers, or not at all within the time, is a failure.
func TestBreachedList(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/range/21BD1":
			if r.Header.Get("Add-Padding") != "true" || r.Header.Get("Cookie") != "" || r.URL.RawQuery != "" {
				t.Errorf("asked with %v %s", r.Header, r.URL)
			}
			_, _ = w.Write([]byte("0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n"))
		case "/range/00000":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/range/FFFFF":
			select {
			case <-held:
			case <-r.Context().Done():
			}
		}
	}))
	defer list.Close()
	address := list.URL + "/range/"
	a := &App{Config: &config.Config{}}
	ask := breached(address, a.trusting(address, time.Second, breachedBytes))
	if got, err := ask(t.Context(), "21BD1"); err != nil || got != "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n" {
		t.Errorf("%q %v", got, err)
	}
	for _, prefix := range []string{"00000", "FFFFF"} {
		if got, err := ask(t.Context(), prefix); err == nil {
			t.Errorf("%s: %q", prefix, got)
		}
	}
	if breachedTime > 2*time.Second {
		t.Errorf("a password may wait %s", breachedTime)
	}
}

// The list is asked unless the settings say none.
func TestBreachedListOfSettings(t *testing.T) {
	for value, asked := range map[string]bool{"none": false, "https://api.pwnedpasswords.com/range/": true} {
		if got := testApp(t, "--auth-breached-url="+value).identityOptions().Breached != nil; got != asked {
			t.Errorf("%q: asked %v", value, got)
		}
	}
}
