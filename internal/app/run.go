package app

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"golang.org/x/term"

	"socle/internal/cli"
	"socle/internal/httpx"
)

// Version is set by the build (-ldflags "-X socle/internal/app.Version=…").
var Version = "dev"

// Run runs the command line of the process and returns its exit status.
func Run() int {
	if slices.Contains(os.Args[1:], "serve") {
		stayLean()
	} else {
		startLightly()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fetch := httpx.Client(httpx.ClientOptions{Timeout: time.Minute, MaxBytes: 64 << 20, UserAgent: "Socle/" + Version})
	return cli.Run(ctx, cli.Program{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Terminal: term.IsTerminal(int(os.Stderr.Fd())),
		Getenv: os.Getenv, ReadFile: os.ReadFile, Fetch: fetch, Version: Version, Server: Operations(),
	})
}

// startLightly puts the first collection of garbage off until some 30 MB are in use:
// a command over a small file is then over before it, a quarter sooner. From there
// on memory is kept as usual. GOGC, where the user set it, is obeyed.
func startLightly() {
	const usual, light = 100, 800
	if set := debug.SetGCPercent(light); set != usual {
		debug.SetGCPercent(set)
		return
	}
	type first struct{ _ [64]byte } // too large to share its room with others
	runtime.AddCleanup(new(first), func(percent int) { debug.SetGCPercent(percent) }, usual)
}

// stayLean lets a server hold garbage of half the size of what it uses, not of all of it:
// bench/server finds it as quick, with an eighth less memory at its peak. GOGC, where the
// host set it, is obeyed.
func stayLean() {
	const usual, lean = 100, 50
	if set := debug.SetGCPercent(lean); set != usual {
		debug.SetGCPercent(set)
	}
}

// Operations are the commands of the server.
func Operations() cli.Operations {
	return cli.Operations{Serve: serve, Backup: backup, Restore: restore, Rebuild: rebuild, Doctor: doctor, Admin: admin, VerifyAudit: verifyAudit}
}
