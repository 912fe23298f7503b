package run

import (
	"context"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Screen is a page of a headless browser.
type Screen struct {
	b   *testing.B
	ctx context.Context
}

// Browser opens a browser with an empty page of so many pixels.
func Browser(b *testing.B, width, height int64) *Screen {
	b.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(b.TempDir()))
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			opts = append(opts, chromedp.ExecPath(path))
			break
		}
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	b.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	b.Cleanup(cancel)
	s := &Screen{b, ctx}
	s.Do(chromedp.Navigate("about:blank"), chromedp.EmulateViewport(width, height))
	return s
}

// Do performs actions.
func (s *Screen) Do(steps ...chromedp.Action[chromedp.Void]) {
	s.b.Helper()
	if err := chromedp.Do(s.ctx, steps...); err != nil {
		s.b.Fatal(err)
	}
}

// Wait waits until an expression is true.
func (s *Screen) Wait(js string) {
	s.b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool]("!!("+js+")")); err == nil && ok {
			return
		}
	}
	said, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.body.innerText.slice(0, 2000)"))
	s.b.Fatalf("never: %s\n%s", js, said)
}

// Number reads a number, or one that a promise gives.
func (s *Screen) Number(js string) float64 {
	s.b.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[float64](js, chromedp.EvalAwaitPromise))
	if err != nil {
		s.b.Fatalf("%s: %v", js, err)
	}
	return v
}

// Value reads the JSON that a promise of a text gives.
func (s *Screen) Value(js string, v any) {
	s.b.Helper()
	text, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		s.b.Fatalf("%s: %v", js, err)
	}
}
