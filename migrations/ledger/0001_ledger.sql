-- The ledger: accounts, transactions, and the entries they make.

-- migrate:up

-- The four sums follow from entries and from what is pending; amounts are minor
-- units.  The checks are the last line of defence: who posts has looked before.
CREATE TABLE accounts (
	id		BINARY(16) NOT NULL,
	code		VARCHAR(64) NOT NULL,
	currency	CHAR(3) NOT NULL,
	kind		VARCHAR(24) NOT NULL,
	constraint_kind	VARCHAR(24) NOT NULL DEFAULT 'none',
	owner_id	BINARY(16) NULL COMMENT 'the user who may read it',
	debits_posted	BIGINT NOT NULL DEFAULT 0,
	credits_posted	BIGINT NOT NULL DEFAULT 0,
	debits_pending	BIGINT NOT NULL DEFAULT 0,
	credits_pending	BIGINT NOT NULL DEFAULT 0,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY code (code),
	KEY by_owner (owner_id, created_at, id),
	KEY by_creation (created_at, id),
	CONSTRAINT accounts_kind CHECK (kind IN
		('asset', 'liability', 'equity', 'income', 'expense')),
	CONSTRAINT accounts_constraint CHECK (constraint_kind IN
		('none', 'no_debit_balance', 'no_credit_balance')),
	CONSTRAINT accounts_sums CHECK (debits_posted >= 0 AND credits_posted >= 0 AND
		debits_pending >= 0 AND credits_pending >= 0),
	CONSTRAINT accounts_no_debit CHECK (constraint_kind <> 'no_debit_balance' OR
		debits_posted + debits_pending <= credits_posted),
	CONSTRAINT accounts_no_credit CHECK (constraint_kind <> 'no_credit_balance' OR
		credits_posted + credits_pending <= debits_posted)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- `entries` is what was asked for; what was moved are rows of the table entries.
-- `resolves` is pending_id of the one that posted or voided it: one at most.
CREATE TABLE transactions (
	id		BINARY(16) NOT NULL,
	kind		VARCHAR(24) NOT NULL,
	status		VARCHAR(24) NOT NULL DEFAULT 'queued',
	pending_id	BINARY(16) NULL,
	resolves	BINARY(16) NULL,
	currency	CHAR(3) NOT NULL,
	entries		JSON NOT NULL,
	reference	VARCHAR(140) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
	metadata	JSON NULL,
	timeout_at	DATETIME(3) NULL,
	reason		VARCHAR(40) NULL,
	source		VARCHAR(24) NOT NULL,
	source_id	BINARY(16) NOT NULL,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	posted_at	DATETIME(3) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY resolves (resolves),
	UNIQUE KEY source (source, source_id, kind),
	KEY by_creation (created_at, id),
	KEY by_status (status, created_at, id),
	KEY by_reference (reference, created_at, id),
	CONSTRAINT transactions_kind CHECK (kind IN
		('transfer', 'pending', 'post_pending', 'void_pending')),
	CONSTRAINT transactions_status CHECK (status IN
		('queued', 'pending', 'posted', 'voided', 'rejected'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which accounts a transaction touches, also one that was not posted yet.  No
-- foreign key to them: it would lock a busy account for whoever only asks.
CREATE TABLE transaction_accounts (
	transaction_id	BINARY(16) NOT NULL,
	account_id	BINARY(16) NOT NULL,
	PRIMARY KEY (transaction_id, account_id),
	KEY by_account (account_id, transaction_id),
	CONSTRAINT transaction_accounts_transaction FOREIGN KEY (transaction_id)
		REFERENCES transactions (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Rows are only added.  They are while the account is locked, so that its ids
-- rise in the order in which its balance changed.
CREATE TABLE entries (
	id		BIGINT NOT NULL AUTO_INCREMENT,
	transaction_id	BINARY(16) NOT NULL,
	line_no		SMALLINT NOT NULL,
	account_id	BINARY(16) NOT NULL,
	direction	TINYINT NOT NULL COMMENT '1 credit, -1 debit',
	amount		BIGINT NOT NULL,
	balance_after	BIGINT NOT NULL,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY line (transaction_id, line_no),
	KEY by_account (account_id, id),
	KEY by_time (account_id, created_at, id),
	CONSTRAINT entries_transaction FOREIGN KEY (transaction_id)
		REFERENCES transactions (id) ON DELETE RESTRICT,
	CONSTRAINT entries_account FOREIGN KEY (account_id)
		REFERENCES accounts (id) ON DELETE RESTRICT,
	CONSTRAINT entries_direction CHECK (direction IN (-1, 1)),
	CONSTRAINT entries_amount CHECK (amount > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE entries;
DROP TABLE transaction_accounts;
DROP TABLE transactions;
DROP TABLE accounts;
