-- What orders are paid with, what the providers were asked, and what was given back.

-- migrate:up

-- `active_key` is the order while the payment is under way or made: one live
-- payment for an order.  `refunded` also counts what is on its way back.
CREATE TABLE payments (
	id		BINARY(16) NOT NULL,
	order_id	BINARY(16) NOT NULL,
	active_key	BINARY(16) NULL,
	user_id		BINARY(16) NOT NULL,
	amount		BIGINT NOT NULL COMMENT 'minor units, the total of the order',
	currency	CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	method_type	VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	method_token_enc VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
			COMMENT 'AES-256-GCM under a key made from `secret`; base64url',
	status		VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin
			NOT NULL DEFAULT 'processing',
	captured	BIGINT NOT NULL DEFAULT 0,
	refunded	BIGINT NOT NULL DEFAULT 0,
	last_error	JSON NULL,
	stop_at		DATETIME(3) NULL COMMENT 'its cancellation was asked for',
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY active_key (active_key),
	KEY order_id (order_id),
	CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES orders (id),
	CONSTRAINT payments_amount CHECK (amount > 0),
	CONSTRAINT payments_captured CHECK (captured BETWEEN 0 AND amount),
	CONSTRAINT payments_refunded CHECK (refunded BETWEEN 0 AND captured),
	CONSTRAINT payments_status CHECK (status IN ('requires_payment_method',
		'requires_confirmation', 'requires_action', 'processing',
		'requires_capture', 'succeeded', 'canceled')),
	CONSTRAINT payments_active CHECK (active_key IS NULL =
		(status IN ('requires_payment_method', 'canceled')))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Written and committed before a provider is asked.  A payment has one key for
-- good: with a second one it could be charged twice.
CREATE TABLE payment_attempts (
	payment_id	BINARY(16) NOT NULL,
	provider	VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	provider_key	CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	state		VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin
			NOT NULL DEFAULT 'started',
	provider_ref	VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
	started_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	finished_at	DATETIME(3) NULL,
	PRIMARY KEY (payment_id),
	UNIQUE KEY provider_key (provider_key),
	UNIQUE KEY provider_ref (provider, provider_ref),
	CONSTRAINT payment_attempts_payment FOREIGN KEY (payment_id)
		REFERENCES payments (id),
	CONSTRAINT payment_attempts_state CHECK (state IN ('started', 'unknown',
		'succeeded', 'declined', 'canceled'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE refunds (
	id		BINARY(16) NOT NULL,
	payment_id	BINARY(16) NOT NULL,
	amount		BIGINT NOT NULL COMMENT 'minor units',
	currency	CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	status		VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin
			NOT NULL DEFAULT 'processing',
	reason		VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
	provider_key	CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	provider_ref	VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY provider_key (provider_key),
	KEY payment_id (payment_id, id),
	CONSTRAINT refunds_payment FOREIGN KEY (payment_id) REFERENCES payments (id),
	CONSTRAINT refunds_amount CHECK (amount > 0),
	CONSTRAINT refunds_status CHECK (status IN ('processing', 'succeeded', 'failed'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What providers told by webhooks: it counts once, however often it comes.
CREATE TABLE payment_events (
	provider	VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	event_id	VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	at		DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (provider, event_id),
	KEY at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE payment_events;
DROP TABLE refunds;
DROP TABLE payment_attempts;
DROP TABLE payments;
