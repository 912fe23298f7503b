package httpx

import (
	"context"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"

	"socle/internal/errs"
)

// Health answers as long as the process serves at all.
func Health(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	return WriteJSON(w, r, http.StatusOK, map[string]string{"status": "ok"})
}

// Probe is one thing that must work for the server to be of use.
type Probe struct {
	Name  string
	Check func(context.Context) error
}

// Ready answers 200 when all probes pass, 503 with the names of those that do
// not. Reasons go to the log alone. Probes run at once, each for 2 s at most.
func Ready(probes ...Probe) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		failed := make([]error, len(probes))
		var wg sync.WaitGroup
		for i, p := range probes {
			wg.Go(func() { failed[i] = p.Check(ctx) })
		}
		wg.Wait()
		body := struct {
			Status string            `json:"status"`
			Checks map[string]string `json:"checks"`
		}{"ok", map[string]string{}}
		status := http.StatusOK
		for i, p := range probes {
			body.Checks[p.Name] = "ok"
			if failed[i] != nil {
				body.Checks[p.Name], body.Status, status = "failing", "failing", http.StatusServiceUnavailable
				stateOf(r.Context()).err = failed[i]
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		return WriteJSON(w, r, status, body)
	}
}

func notFound() error {
	return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
}

// sameSecret compares without telling by its time how far two texts agree.
func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
