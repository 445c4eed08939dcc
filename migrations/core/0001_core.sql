-- What every service shares: idempotency keys and the durable queue.

-- migrate:up

-- A key, the effect of its request and the stored answer are one transaction.
CREATE TABLE idempotency_keys (
	id		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	scope_hash	BINARY(32) NOT NULL COMMENT 'SHA-256 of client, subject, method, path, key',
	body_hash	BINARY(32) NOT NULL COMMENT 'SHA-256 of the body as sent',
	status		SMALLINT UNSIGNED NULL COMMENT 'NULL while it runs',
	headers		VARBINARY(1024) NULL,
	body		MEDIUMBLOB NULL,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY scope_hash (scope_hash),
	KEY created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- `claim` serves the WHERE and the ORDER BY of a claim together: a sort would
-- lock every row it looks at, and a second worker would find none.
CREATE TABLE jobs (
	id		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	queue		VARCHAR(32) NOT NULL,
	kind		VARCHAR(32) NOT NULL,
	dedupe_key	VARBINARY(64) NULL,
	state		VARCHAR(12) NOT NULL DEFAULT 'ready',
	run_at		DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	attempts	TINYINT UNSIGNED NOT NULL DEFAULT 0,
	max_attempts	TINYINT UNSIGNED NOT NULL DEFAULT 8,
	lease_until	DATETIME(3) NULL,
	lease_token	BINARY(16) NULL COMMENT 'who may finish it',
	payload		JSON NOT NULL,
	last_error	VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY dedupe_key (dedupe_key),
	KEY claim (queue, state, run_at, id),
	KEY lease (state, lease_until),
	CONSTRAINT jobs_state CHECK (state IN ('ready', 'running', 'done', 'dead'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- No foreign key to jobs: finished jobs are purged, dead letters stay.
CREATE TABLE dead_letters (
	id		BINARY(16) NOT NULL,
	job_id		BIGINT UNSIGNED NOT NULL,
	queue		VARCHAR(32) NOT NULL,
	kind		VARCHAR(32) NOT NULL,
	payload		JSON NOT NULL,
	attempts	TINYINT UNSIGNED NOT NULL,
	last_error	VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
	first_failed_at	DATETIME(3) NOT NULL,
	retried_at	DATETIME(3) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY job_id (job_id),
	KEY queue (queue, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE dead_letters;
DROP TABLE jobs;
DROP TABLE idempotency_keys;
