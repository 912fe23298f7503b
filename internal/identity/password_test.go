package identity

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socle/internal/errs"
)

func TestDefaultCostsAreThoseAsked(t *testing.T) {
	if DefaultHash.KiB < 19*1024 || DefaultHash.Passes < 2 || DefaultHash.Lanes != 1 {
		t.Errorf("%+v is less than 19 MiB, 2 passes, 1 lane", DefaultHash)
	}
	h := newHasher(DefaultHash, 1, rand.Reader)
	s, err := h.hash(context.Background(), "cheval agrafe pile")
	if err != nil || !strings.HasPrefix(s, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s %v", s, err)
	}
}

func TestHashVectors(t *testing.T) {
	h := newHasher(HashParams{64, 1, 1}, 1, rand.Reader)
	// Made by the reference implementation: argon2 "somesalt" -id -t 2 -m 8 -p 1 -l 24, of "password".
	const reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for _, c := range []struct {
		password  string
		ok, stale bool
	}{{"password", true, true}, {"Password", false, true}, {"", false, true}} {
		ok, stale, err := h.verify(context.Background(), reference, c.password)
		if err != nil || ok != c.ok || stale != c.stale {
			t.Errorf("%q: %v %v %v", c.password, ok, stale, err)
		}
	}
	a, _ := h.hash(context.Background(), "été au café là-bas")
	b, _ := h.hash(context.Background(), "été au café là-bas")
	if a == b {
		t.Error("the salt does not change")
	}
	// The same letters, with accents apart, as some keyboards send them.
	if ok, stale, err := h.verify(context.Background(), a, "e\u0301te\u0301 au cafe\u0301 la\u0300-bas"); !ok || stale || err != nil {
		t.Error(ok, stale, err)
	}
	if ok, _, err := h.verify(context.Background(), "", ""); ok || err != nil {
		t.Error("an account without password opens", err)
	}
}

func TestStoredHashesThatAreNotOurs(t *testing.T) {
	h := newHasher(HashParams{64, 1, 1}, 1, rand.Reader)
	good, _ := h.hash(context.Background(), "x")
	for _, s := range []string{
		"x", "$$$$$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=99999999", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "t=1", "t=-1", 1), good[:len(good)-30], good + "$", good + "!",
	} {
		if _, _, err := h.verify(context.Background(), s, "x"); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

// No more than the slots hash at once, and no more than the queue wait.
func TestHashingIsBounded(t *testing.T) {
	h := newHasher(HashParams{64, 1, 1}, 2, rand.Reader)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err1 := h.take(ctx)
	b, err2 := h.take(ctx)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var through, refused atomic.Int64
	done := make(chan struct{})
	for range maxWaiting + 50 {
		go func() {
			free, err := h.take(ctx)
			switch {
			case err == nil:
				through.Add(1)
				free()
			case errs.Is(err, errs.Busy):
				refused.Add(1)
			}
			done <- struct{}{}
		}()
	}
	for range 50 { // those that find the queue full come back at once
		<-done
	}
	if through.Load() != 0 || refused.Load() != 50 {
		t.Errorf("%d through, %d refused", through.Load(), refused.Load())
	}
	a()
	b()
	for range maxWaiting {
		<-done
	}
	if through.Load() != maxWaiting || len(h.slots) != 0 || len(h.queue) != 0 {
		t.Errorf("%d through, %d slots, %d waiting", through.Load(), len(h.slots), len(h.queue))
	}
	stop, end := context.WithCancel(context.Background())
	end()
	c, _ := h.take(ctx)
	d, _ := h.take(ctx)
	if _, err := h.take(stop); !errs.Is(err, errs.Busy) {
		t.Error(err)
	}
	c()
	d()
	if len(h.slots) != 0 || len(h.queue) != 0 {
		t.Errorf("%d slots, %d waiting", len(h.slots), len(h.queue))
	}
}

func TestSIREN(t *testing.T) {
	for s, want := range map[string]bool{
		"213104334": true, "732829320": true, "404833048": true, "356000000": true, "732829321": false,
		"000000000": false, "73282932": false, "7328293200": false, "73282932a": false, "": false, "٧٣٢٨٢٩٣٢٠": false,
	} {
		if got := validSIREN(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestFold(t *testing.T) {
	for s, want := range map[string]string{
		"Castelnau-d’Estrétefonds": "castelnau d estretefonds", "  Œuvres  —  CŒUR ": "oeuvres coeur", "Val'Aïgo": "val aigo", "": "", "%_\\": "", "№ 7": "no 7",
	} {
		if got := Fold(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
