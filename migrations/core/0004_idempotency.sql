-- What an answer that is given again makes stale once more, and what tells its request.

-- migrate:up

ALTER TABLE idempotency_keys
	MODIFY body_hash BINARY(32) NOT NULL
	    COMMENT 'HMAC-SHA256 of the body, by the secret: it may hold a password',
	MODIFY headers	BLOB NULL COMMENT 'lines, Content-Type the first',
	ADD tags	BLOB NULL COMMENT 'each with a NUL behind it; NULL: everything'
	    AFTER headers;

-- migrate:down

ALTER TABLE idempotency_keys
	DROP tags,
	MODIFY headers	VARBINARY(1024) NULL,
	MODIFY body_hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the body as sent';
