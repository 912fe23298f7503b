-- What a long job has done so far, by the subject that a page names.
CREATE TABLE job_progress (
	subject    TEXT NOT NULL PRIMARY KEY,
	done       BIGINT NOT NULL,
	total      BIGINT NOT NULL,
	note       TEXT NOT NULL,
	updated_at BIGINT NOT NULL
) STRICT;
CREATE INDEX job_progress_updated ON job_progress (updated_at);

-- When a schedule starts its job next, so that restarts neither repeat nor
-- lose a turn.
CREATE TABLE job_schedule (
	name    TEXT NOT NULL PRIMARY KEY,
	next_at BIGINT NOT NULL
) STRICT;

-- A unique job that was asked for again while it ran: it runs once more.
CREATE TABLE job_again (
	job BIGINT NOT NULL PRIMARY KEY
) STRICT;
