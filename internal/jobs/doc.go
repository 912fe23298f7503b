// Package jobs runs work outside the request that asked for it: enqueued in the
// transaction that needs it, repeated until it succeeds, on a schedule, or as
// the answer to a domain event.
//
// It knows River and its tables; it must not know any domain. A domain defines
// an Args type beside its rules and calls Add or Emit with its transaction;
// package app builds the Runner and says with Handle, On and Every who does
// what.
//
// # Promises
//
//   - A job added in a transaction exists when the transaction commits, and not
//     otherwise.
//   - A job runs at least once: a process may die at any moment. A handler that
//     ends with Job.Complete, in the transaction that writes its result, has
//     that result exactly once.
//   - A job that fails is tried again after 1 s, 2 s, 4 s… up to ten minutes,
//     eight times unless MaxAttempts says otherwise. What fails for good stays
//     in the list (Failed) until someone retries or cancels it.
//   - An event reaches each listener as a job of its own: one that fails does
//     not hold the others.
//
// Start with Add in jobs.go and Handle in runner.go.
package jobs
