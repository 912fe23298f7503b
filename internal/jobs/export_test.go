package jobs

import "context"

// Tick starts what is due now.
func (r *Runner) Tick(ctx context.Context) error { return r.tick(ctx) }

// TakeBackDead looks for dead replicas now.
func (r *Runner) TakeBackDead(ctx context.Context) error { return r.takeBackDead(ctx) }
