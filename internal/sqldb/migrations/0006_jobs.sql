-- What a long job has done so far, by the subject that a page names.
CREATE TABLE job_progress (
	subject    TEXT NOT NULL PRIMARY KEY,
	done       BIGINT NOT NULL,
	total      BIGINT NOT NULL,
	note       TEXT NOT NULL,
	state      TEXT NOT NULL,
	updated_at BIGINT NOT NULL
) STRICT;
CREATE INDEX job_progress_updated ON job_progress (updated_at);
