-- Who may do what: users and roles, OAuth2 clients and their tokens, the keys
-- that sign, failed logins, and the audit log.

-- migrate:up

-- `tv` counts what ends every token of a user: a new password, a role taken
-- away, the account deleted.  Deleted users stay as rows without personal data.
CREATE TABLE users (
	id		BINARY(16) NOT NULL,
	email		VARCHAR(254) NULL,
	username	VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL,
	pw_hash		VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'PHC string of Argon2id',
	display_name	VARCHAR(80) NULL,
	bio		VARCHAR(500) NULL,
	image_url	VARCHAR(2048) NULL,
	tv		INT UNSIGNED NOT NULL DEFAULT 1,
	state		VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'active',
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY email (email),
	UNIQUE KEY username (username),
	KEY by_creation (created_at, id),
	CONSTRAINT users_state CHECK (state IN ('active', 'deleted'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE roles (
	name		VARCHAR(32) NOT NULL,
	scopes		VARCHAR(1000) NOT NULL COMMENT 'with spaces between',
	PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin;

INSERT INTO roles (name, scopes) VALUES
	('customer', 'users:read users:write orders:read orders:write payments:write feed:read feed:write devices:read devices:write'),
	('merchant', 'products:write'),
	('finance', 'ledger:read ledger:write payments:write ops:read'),
	('device', 'readings:write devices:read'),
	('admin', 'users:read users:write users:admin products:write orders:read orders:write ledger:read ledger:write payments:write feed:read feed:write devices:read devices:write readings:write ops:read ops:admin');

CREATE TABLE user_roles (
	user_id		BINARY(16) NOT NULL,
	role		VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	granted_by	VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'subject; NULL at registration',
	granted_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (user_id, role),
	KEY role (role),
	CONSTRAINT user_roles_user FOREIGN KEY (user_id) REFERENCES users (id),
	CONSTRAINT user_roles_role FOREIGN KEY (role) REFERENCES roles (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Secrets are random, so their SHA-256 is enough.
CREATE TABLE clients (
	id		VARCHAR(64) NOT NULL,
	name		VARCHAR(80) NOT NULL DEFAULT '',
	kind		VARCHAR(12) NOT NULL,
	secret_hash	BINARY(32) NULL,
	first_party	TINYINT NOT NULL DEFAULT 0,
	scopes		VARCHAR(1000) NOT NULL,
	grants		VARCHAR(200) NOT NULL COMMENT 'grant types, with spaces between',
	redirect_uris	VARCHAR(2000) NOT NULL DEFAULT '' COMMENT 'with spaces between',
	owner_device	BINARY(16) NULL,
	state		VARCHAR(8) NOT NULL DEFAULT 'active',
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY owner_device (owner_device),
	CONSTRAINT clients_kind CHECK (kind IN ('public', 'confidential')),
	CONSTRAINT clients_secret CHECK ((kind = 'public') = (secret_hash IS NULL)),
	CONSTRAINT clients_state CHECK (state IN ('active', 'deleted'))
) ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin;

-- What the page /docs logs in with.
INSERT INTO clients (id, name, kind, first_party, scopes, grants) VALUES
	('docs', 'The documentation pages', 'public', 1,
	'users:read users:write users:admin products:write orders:read orders:write ledger:read ledger:write payments:write feed:read feed:write devices:read devices:write readings:write ops:read ops:admin',
	'password refresh_token authorization_code');

-- All that came from one login; revoked as one.
CREATE TABLE token_families (
	id		BINARY(16) NOT NULL,
	user_id		BINARY(16) NOT NULL,
	client_id	VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	created_at	DATETIME(3) NOT NULL,
	absolute_expiry	DATETIME(3) NOT NULL,
	revoked_at	DATETIME(3) NULL,
	PRIMARY KEY (id),
	KEY user_id (user_id),
	KEY absolute_expiry (absolute_expiry),
	CONSTRAINT token_families_user FOREIGN KEY (user_id) REFERENCES users (id),
	CONSTRAINT token_families_client FOREIGN KEY (client_id) REFERENCES clients (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE refresh_tokens (
	hash		BINARY(32) NOT NULL COMMENT 'SHA-256 of the token',
	family_id	BINARY(16) NOT NULL,
	scope		VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	issued_at	DATETIME(3) NOT NULL,
	expires_at	DATETIME(3) NOT NULL,
	rotated_at	DATETIME(3) NULL,
	access_jti	BINARY(16) NOT NULL COMMENT 'of the access token given beside it',
	access_expires_at DATETIME(3) NOT NULL,
	PRIMARY KEY (hash),
	KEY family_id (family_id),
	KEY expires_at (expires_at),
	CONSTRAINT refresh_tokens_family FOREIGN KEY (family_id) REFERENCES token_families (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- For the authorization-code page, which comes later.
CREATE TABLE auth_codes (
	code_hash	BINARY(32) NOT NULL,
	client_id	VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	user_id		BINARY(16) NOT NULL,
	scope		VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	challenge	CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	redirect_uri	VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	expires_at	DATETIME(3) NOT NULL,
	used_at		DATETIME(3) NULL,
	family_id	BINARY(16) NULL,
	PRIMARY KEY (code_hash),
	KEY expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Access tokens taken back before they expired.
CREATE TABLE revoked_tokens (
	jti		BINARY(16) NOT NULL,
	expires_at	DATETIME(3) NOT NULL,
	PRIMARY KEY (jti),
	KEY expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- `next` is published before it signs, `previous` for as long as what it
-- signed may live.
CREATE TABLE signing_keys (
	kid		CHAR(43) NOT NULL,
	alg		VARCHAR(8) NOT NULL,
	public_jwk	VARCHAR(1000) NOT NULL,
	private_wrapped	VARCHAR(1000) NOT NULL COMMENT 'AES-256-GCM under a key made from `secret`; base64url',
	state		VARCHAR(8) NOT NULL,
	published_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	retire_at	DATETIME(3) NULL,
	single		VARCHAR(8) AS (IF(state = 'previous', NULL, state)) PERSISTENT,
	PRIMARY KEY (kid),
	UNIQUE KEY single (single),
	CONSTRAINT signing_keys_state CHECK (state IN ('next', 'current', 'previous'))
) ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin;

CREATE TABLE login_failures (
	account_hash	BINARY(32) NOT NULL COMMENT 'keyed hash of the name that was tried',
	slice		INT UNSIGNED NOT NULL COMMENT 'of 15 minutes since 1970',
	n		SMALLINT UNSIGNED NOT NULL,
	PRIMARY KEY (account_hash, slice),
	KEY slice (slice)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Rows are only ever added; the programs' accounts need no more than INSERT.
CREATE TABLE audit (
	id		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	at		DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	actor		VARCHAR(255) NULL COMMENT 'subject of the token',
	client_id	VARCHAR(255) NULL,
	action		VARCHAR(40) NOT NULL COMMENT 'login.failed, products.update',
	target		VARCHAR(255) NULL COMMENT 'users/ID',
	ip		VARBINARY(16) NULL,
	request_id	BINARY(16) NULL,
	PRIMARY KEY (id),
	KEY at (at),
	KEY actor (actor, id),
	KEY target (target, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE audit;
DROP TABLE login_failures;
DROP TABLE signing_keys;
DROP TABLE revoked_tokens;
DROP TABLE auth_codes;
DROP TABLE refresh_tokens;
DROP TABLE token_families;
DROP TABLE clients;
DROP TABLE user_roles;
DROP TABLE roles;
DROP TABLE users;
