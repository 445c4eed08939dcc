-- What the queries of check_*.sql ask beside the tables: the clients' records,
-- as loaded into chaos.tries, and what follows from them.

-- One answer that counts for each key; status 0: there never was one.
CREATE TABLE chaos.writes (
	`key`		VARCHAR(48) NOT NULL DEFAULT '',
	client		INT NOT NULL DEFAULT 0,
	kind		VARCHAR(24) NOT NULL,
	path		VARCHAR(200) NOT NULL DEFAULT '',
	began		BIGINT NOT NULL DEFAULT 0,
	ended		BIGINT NOT NULL DEFAULT 0,
	status		SMALLINT NOT NULL,
	text_id		VARCHAR(40) NULL,
	id		BINARY(16) NULL,
	cart_id		BINARY(16) NULL,
	request		MEDIUMTEXT NULL,
	answer		MEDIUMTEXT NULL,
	KEY (`key`), KEY (id), KEY (kind, status)
) CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

UPDATE chaos.tries SET sure = status BETWEEN 200 AND 499 AND status <> 429 AND NOT
    (status = 409 AND COALESCE(JSON_VALUE(answer, '$.code'), '') = 'idempotency_in_progress');

INSERT INTO chaos.writes (`key`, client, kind, path, began, ended, status, request, answer)
    SELECT `key`, MIN(client), kind, path, MIN(began),
	COALESCE(MIN(IF(sure, ended, NULL)), MAX(ended)), MAX(IF(sure, status, 0)), MAX(request), MAX(IF(sure, answer, NULL))
    FROM chaos.tries WHERE `key` <> '' AND kind NOT IN ('reused', 'foreign')
    GROUP BY `key`, kind, path;
UPDATE chaos.writes SET text_id = JSON_VALUE(answer, '$.id')
    WHERE status BETWEEN 200 AND 299;
UPDATE chaos.writes SET id = UNHEX(REPLACE(text_id, '-', '')),
    cart_id = UNHEX(REPLACE(JSON_VALUE(request, '$.cart_id'), '-', ''));

-- When which price may have held: from when it was asked for until the next one
-- was answered.
CREATE TABLE chaos.prices (
	product_id	BINARY(16) NOT NULL,
	amount		BIGINT NOT NULL,
	began		BIGINT NOT NULL,
	ended		BIGINT NOT NULL,
	KEY (product_id, amount)
);
INSERT INTO chaos.prices
    SELECT product_id, amount, began, COALESCE(LEAD(answered) OVER
	(PARTITION BY product_id ORDER BY began), 9e15) FROM
	(SELECT id AS product_id, JSON_VALUE(request, '$.price.amount') AS amount,
	    began, ended AS answered FROM chaos.writes
	    WHERE kind = 'product' AND status = 201
	UNION ALL SELECT UNHEX(REPLACE(SUBSTRING(path, 14), '-', '')),
	    JSON_VALUE(request, '$.price.amount'), began, IF(status = 200, ended, 9e15)
	    FROM chaos.tries WHERE kind = 'price') p;

-- What lay in the carts of those who all want the same.
CREATE TABLE chaos.prepared (cart_id BINARY(16), product_id BINARY(16), KEY (cart_id))
    SELECT DISTINCT UNHEX(REPLACE(SUBSTRING(path, 11, 36), '-', '')) AS cart_id,
	UNHEX(REPLACE(SUBSTRING(path, 54, 36), '-', '')) AS product_id
    FROM chaos.tries WHERE kind = 'item' AND method = 'PUT' AND client BETWEEN 1000 AND 1998;

-- Answers kept with a key, and whatever a key may be for.
CREATE TABLE chaos.stored (id BIGINT, status SMALLINT, text_id VARCHAR(40),
	of_id BINARY(16), digest BINARY(32), KEY (of_id), KEY (digest))
    SELECT id, status, JSON_VALUE(CONVERT(body USING utf8mb4), '$.id') AS text_id,
	UNHEX(REPLACE(JSON_VALUE(CONVERT(body USING utf8mb4), '$.id'), '-', '')) AS of_id,
	UNHEX(SHA2(body, 256)) AS digest
    FROM brisk.idempotency_keys;

-- `keyed`: only ever made with a key.
CREATE TABLE chaos.effects (id BINARY(16), kind VARCHAR(24), keyed TINYINT, KEY (id));
INSERT INTO chaos.effects
    SELECT id, 'order', 1 FROM brisk.orders
    UNION ALL SELECT id, 'payment', 1 FROM brisk.payments
    UNION ALL SELECT id, 'refund', 0 FROM brisk.refunds
    UNION ALL SELECT id, 'transaction', source = 'transaction' FROM brisk.transactions
    UNION ALL SELECT ref_id, 'stock', 1 FROM brisk.stock_moves WHERE note IS NOT NULL
    UNION ALL SELECT id, 'cart', 0 FROM brisk.carts
    UNION ALL SELECT id, 'account', 0 FROM brisk.accounts
    UNION ALL SELECT id, 'product', 0 FROM brisk.products;
