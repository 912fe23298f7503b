package app

import (
	"context"
	"os"
	"os/signal"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fetch := httpx.Client(httpx.ClientOptions{Timeout: time.Minute, MaxBytes: 64 << 20, UserAgent: "Socle/" + Version})
	return cli.Run(ctx, cli.Program{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Terminal: term.IsTerminal(int(os.Stderr.Fd())),
		Getenv: os.Getenv, ReadFile: os.ReadFile, Fetch: fetch, Version: Version, Server: Operations(),
	})
}

// Operations are the commands of the server.
func Operations() cli.Operations {
	return cli.Operations{Serve: serve, Backup: backup, Restore: restore, Rebuild: rebuild, Doctor: doctor, Admin: admin, VerifyAudit: verifyAudit}
}
