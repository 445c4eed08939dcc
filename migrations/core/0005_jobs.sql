-- When a job failed first: its dead letter tells, and a kind that nobody knows
-- is given up by it.

-- migrate:up

ALTER TABLE jobs
	ADD COLUMN failed_at DATETIME(3) NULL AFTER last_error,
	MODIFY COLUMN lease_until DATETIME(3) NULL COMMENT 'of what has ended: when';

-- migrate:down

ALTER TABLE jobs
	DROP COLUMN failed_at,
	MODIFY COLUMN lease_until DATETIME(3) NULL;
