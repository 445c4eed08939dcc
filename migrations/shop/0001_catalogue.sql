-- The catalogue: shelves, products, and what is in stock.

-- migrate:up

CREATE TABLE categories (
	id		BINARY(16) NOT NULL,
	parent_id	BINARY(16) NULL,
	slug		VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	name		VARCHAR(80) NOT NULL,
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY slug (slug),
	KEY by_name (name, id),
	KEY by_parent (parent_id, name, id),
	KEY by_update (updated_at, id),
	CONSTRAINT categories_parent FOREIGN KEY (parent_id)
		REFERENCES categories (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The lists ask for one status, sorted: each order has its index, read forwards
-- or backwards.  20000 code points can be 80000 bytes, more than TEXT holds.
CREATE TABLE products (
	id		BINARY(16) NOT NULL,
	sku		VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	name		VARCHAR(200) NOT NULL,
	description	MEDIUMTEXT NULL,
	price_amount	BIGINT NOT NULL COMMENT 'minor units',
	currency	CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	status		VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
			NOT NULL DEFAULT 'active',
	attributes	JSON NULL,
	version		INT UNSIGNED NOT NULL DEFAULT 1,
	created_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY sku (sku),
	KEY by_creation (status, created_at, id),
	KEY by_price (status, price_amount, id),
	FULLTEXT KEY words (name, description),
	CONSTRAINT products_price CHECK (price_amount >= 0),
	CONSTRAINT products_status CHECK (status IN ('draft', 'active', 'archived'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A shelf that holds products can not be removed; a product leaves its shelves.
CREATE TABLE product_categories (
	category_id	BINARY(16) NOT NULL,
	product_id	BINARY(16) NOT NULL,
	PRIMARY KEY (category_id, product_id),
	KEY product_id (product_id),
	CONSTRAINT product_categories_category FOREIGN KEY (category_id)
		REFERENCES categories (id) ON DELETE RESTRICT,
	CONSTRAINT product_categories_product FOREIGN KEY (product_id)
		REFERENCES products (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A row of its own: a sale does not change the product's version.
CREATE TABLE stock (
	product_id	BINARY(16) NOT NULL,
	on_hand		INT NOT NULL DEFAULT 0,
	reserved	INT NOT NULL DEFAULT 0,
	PRIMARY KEY (product_id),
	CONSTRAINT stock_product FOREIGN KEY (product_id)
		REFERENCES products (id) ON DELETE CASCADE,
	CONSTRAINT stock_on_hand CHECK (on_hand >= 0),
	CONSTRAINT stock_reserved CHECK (reserved >= 0 AND reserved <= on_hand)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Why the stock is what it is.  Rows are only added, and one cause counts once.
CREATE TABLE stock_moves (
	id		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	product_id	BINARY(16) NOT NULL,
	delta_on_hand	INT NOT NULL DEFAULT 0,
	delta_reserved	INT NOT NULL DEFAULT 0,
	cause		VARCHAR(24) NOT NULL,
	ref_id		BINARY(16) NOT NULL COMMENT 'the adjustment or order behind it',
	note		VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
	at		DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	PRIMARY KEY (id),
	UNIQUE KEY cause (cause, ref_id, product_id),
	KEY product_id (product_id, id),
	CONSTRAINT stock_moves_product FOREIGN KEY (product_id)
		REFERENCES products (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE stock_moves;
DROP TABLE stock;
DROP TABLE product_categories;
DROP TABLE products;
DROP TABLE categories;
