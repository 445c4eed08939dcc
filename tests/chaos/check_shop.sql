-- Invariants of stock, carts and orders; see check_kit.sh.  chaos.writes are the
-- writes of the clients' records, one row each: see money.sql.

-- S1.bounds what is promised is there
SELECT HEX(product_id), on_hand, reserved FROM stock
    WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand;

-- S1.moves the stock is the sum of its moves
SELECT p.sku, s.on_hand, s.reserved, SUM(m.delta_on_hand), SUM(m.delta_reserved)
    FROM products p JOIN stock s ON s.product_id = p.id
    LEFT JOIN stock_moves m ON m.product_id = p.id
    WHERE p.sku LIKE 'money-%' GROUP BY p.id
    HAVING s.on_hand <> COALESCE(SUM(m.delta_on_hand), 0) OR
	s.reserved <> COALESCE(SUM(m.delta_reserved), 0);

-- S1.adjustments an acknowledged adjustment is a move, one, and nothing else is
SELECT w.`key`, w.status, COUNT(m.id) FROM chaos.writes w
    LEFT JOIN stock_moves m ON m.note = w.`key`
    WHERE w.kind = 'stock' GROUP BY w.`key`
    HAVING (w.status = 201 AND COUNT(m.id) <> 1) OR (w.status NOT IN (0, 201) AND COUNT(m.id) > 0);

-- S2.sold of a product that more wanted than there are, all is sold and no more
SELECT p.sku, COUNT(*), SUM(w.status = 201), m.delta_on_hand FROM chaos.writes w
    JOIN chaos.prepared a ON a.cart_id = w.cart_id
    JOIN products p ON p.id = a.product_id
    JOIN stock_moves m ON m.product_id = p.id AND m.cause = 'received'
    WHERE w.kind = 'order' AND w.client BETWEEN 1000 AND 1998 GROUP BY p.id
    HAVING COUNT(*) > m.delta_on_hand AND SUM(w.status = 201) <> m.delta_on_hand;

-- S3.cart a cart becomes one order at most
SELECT HEX(cart_id), COUNT(DISTINCT id) FROM chaos.writes
    WHERE kind = 'order' AND status = 201 GROUP BY cart_id HAVING COUNT(DISTINCT id) > 1;

-- S3.lost an order that was acknowledged is there
SELECT w.`key`, HEX(w.id) FROM chaos.writes w LEFT JOIN orders o ON o.id = w.id
    WHERE w.kind = 'order' AND w.status = 201 AND
	(o.id IS NULL OR o.cart_id <> w.cart_id);

-- S3.doubled an order that is there was asked for, and nobody was told otherwise
SELECT HEX(o.id), o.note, w.status FROM orders o LEFT JOIN chaos.writes w
    ON w.kind = 'order' AND w.`key` = o.note
    WHERE o.created_at >= (SELECT MIN(FROM_UNIXTIME(began / 1e6)) FROM chaos.tries) AND
	(w.`key` IS NULL OR w.status NOT IN (0, 201) OR (w.status = 201 AND w.id <> o.id));

-- S4.reserved what is promised is what pending orders hold
SELECT p.sku, s.reserved, COALESCE(SUM(held.quantity), 0) FROM products p
    JOIN stock s ON s.product_id = p.id
    LEFT JOIN (SELECT l.product_id, l.quantity FROM order_lines l
	JOIN orders o ON o.id = l.order_id WHERE o.status = 'pending_payment') held
	ON held.product_id = p.id
    GROUP BY p.id HAVING s.reserved <> COALESCE(SUM(held.quantity), 0);

-- S4.moves each order moved what its state says, once
SELECT HEX(o.id), o.status, SUM(m.delta_on_hand), SUM(m.delta_reserved), l.quantity
    FROM orders o JOIN order_lines l ON l.order_id = o.id
    LEFT JOIN stock_moves m ON m.ref_id = o.id AND m.product_id = l.product_id
    GROUP BY o.id, l.line_no
    HAVING COALESCE(SUM(m.delta_on_hand), 0) <>
	IF(o.status IN ('paid', 'fulfilled', 'completed'), -l.quantity, 0) OR
	COALESCE(SUM(m.delta_reserved), 0) <> IF(o.status = 'pending_payment', l.quantity, 0);

-- S4.expired nobody waits for what should have expired
SELECT HEX(id), expires_at FROM orders
    WHERE status = 'pending_payment' AND expires_at < NOW(3) - INTERVAL 30 SECOND;

-- S4.cancelled a cancellation that was acknowledged was one
SELECT w.`key`, o.status FROM chaos.writes w
    LEFT JOIN orders o ON o.id = UNHEX(REPLACE(SUBSTRING(w.path, 12, 36), '-', ''))
    WHERE w.kind = 'cancellation' AND w.status = 201 AND
	COALESCE(o.status, '') NOT IN ('cancelled', 'refunded');

-- S5.sum an order's total is the sum of its lines
SELECT HEX(o.id), o.total, SUM(l.line_total) FROM orders o
    LEFT JOIN order_lines l ON l.order_id = o.id GROUP BY o.id
    HAVING o.total <> COALESCE(SUM(l.line_total), 0) OR COUNT(l.line_no) = 0 OR
	SUM(l.line_total <> l.unit_price * l.quantity) > 0;

-- S5.total and what the buyer agreed to
SELECT HEX(o.id), o.total, JSON_VALUE(w.request, '$.expected_total.amount')
    FROM chaos.writes w JOIN orders o ON o.id = w.id
    WHERE w.kind = 'order' AND w.status = 201 AND
	o.total <> JSON_VALUE(w.request, '$.expected_total.amount');

-- S5.price each line has a price that held at some time of the checkout
SELECT HEX(l.order_id), l.unit_price, HEX(l.product_id) FROM chaos.writes w
    JOIN order_lines l ON l.order_id = w.id
    WHERE w.kind = 'order' AND w.status = 201 AND NOT EXISTS
	(SELECT 1 FROM chaos.prices p WHERE p.product_id = l.product_id AND
	 p.amount = l.unit_price AND p.began <= w.ended AND p.ended >= w.began);
