-- Carts, and the orders that they become.

-- migrate:up

-- One open cart for each user and currency: open_key names both while it is
-- open, and nothing afterwards.
CREATE TABLE carts (
	id		BINARY(16) NOT NULL,
	user_id		BINARY(16) NOT NULL,
	currency	CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	status		VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
			NOT NULL DEFAULT 'open',
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	open_key	BINARY(19) NULL COMMENT 'user and currency',
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY open_key (open_key),
	KEY by_update (updated_at),
	CONSTRAINT carts_status CHECK (status IN ('open', 'ordered', 'abandoned')),
	CONSTRAINT carts_open CHECK ((status = 'open') = (open_key IS NOT NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE cart_items (
	cart_id		BINARY(16) NOT NULL,
	product_id	BINARY(16) NOT NULL,
	quantity	INT NOT NULL,
	price_seen	BIGINT NOT NULL COMMENT 'minor units, when the buyer last said how many',
	added_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (cart_id, product_id),
	KEY product_id (product_id),
	CONSTRAINT cart_items_cart FOREIGN KEY (cart_id)
		REFERENCES carts (id) ON DELETE CASCADE,
	CONSTRAINT cart_items_product FOREIGN KEY (product_id)
		REFERENCES products (id) ON DELETE CASCADE,
	CONSTRAINT cart_items_quantity CHECK (quantity BETWEEN 1 AND 999)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A cart becomes one order at most: that is its last line of defence.
CREATE TABLE orders (
	id		BINARY(16) NOT NULL,
	number		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	user_id		BINARY(16) NOT NULL,
	cart_id		BINARY(16) NOT NULL,
	payment_id	BINARY(16) NULL COMMENT 'the live one',
	status		VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
			NOT NULL DEFAULT 'pending_payment',
	currency	CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	total		BIGINT NOT NULL COMMENT 'minor units',
	address		JSON NOT NULL,
	note		VARCHAR(500) NULL,
	reason		VARCHAR(200) NULL COMMENT 'of a cancellation',
	expires_at	DATETIME(3) NOT NULL,
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY number (number),
	UNIQUE KEY cart_id (cart_id),
	KEY by_user (user_id, created_at, id),
	KEY by_creation (created_at, id),
	KEY by_expiry (status, expires_at),
	CONSTRAINT orders_cart FOREIGN KEY (cart_id)
		REFERENCES carts (id) ON DELETE RESTRICT,
	CONSTRAINT orders_total CHECK (total >= 0),
	CONSTRAINT orders_status CHECK (status IN ('pending_payment', 'paid',
		'fulfilled', 'completed', 'cancelled', 'expired', 'refunded'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Copies: what was bought at which price, whatever becomes of the product.
CREATE TABLE order_lines (
	order_id	BINARY(16) NOT NULL,
	line_no		SMALLINT UNSIGNED NOT NULL,
	product_id	BINARY(16) NOT NULL,
	sku		VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	name		VARCHAR(200) NOT NULL,
	currency	CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	unit_price	BIGINT NOT NULL,
	quantity	INT NOT NULL,
	line_total	BIGINT NOT NULL,
	PRIMARY KEY (order_id, line_no),
	UNIQUE KEY product (order_id, product_id),
	CONSTRAINT order_lines_order FOREIGN KEY (order_id)
		REFERENCES orders (id) ON DELETE CASCADE,
	CONSTRAINT order_lines_quantity CHECK (quantity BETWEEN 1 AND 999),
	CONSTRAINT order_lines_total CHECK (unit_price >= 0
		AND line_total = unit_price * quantity)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- migrate:down

DROP TABLE order_lines;
DROP TABLE orders;
DROP TABLE cart_items;
DROP TABLE carts;
