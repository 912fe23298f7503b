package follow

// The jobs that a schedule adds.
var (
	TellArgs  = tellArgs{}
	SweepArgs = sweepArgs{}
)
