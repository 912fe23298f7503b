package ui_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// console collects errors of scripts, of the content policy and of loading.
func console(ctx context.Context, t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *cdplog.EventEntryAdded:
			if ev.Entry.Level == cdplog.EntryLevelError {
				lines = append(lines, fmt.Sprintf("%s (%s)", ev.Entry.Text, ev.Entry.URL))
			}
		case *runtime.EventExceptionThrown:
			lines = append(lines, ev.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), lines...)
	}
}
