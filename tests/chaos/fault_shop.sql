-- What check_shop.sql must find.

-- S1.bounds
UPDATE stock SET on_hand = -1 LIMIT 1;

-- S1.moves
UPDATE stock s JOIN products p ON p.id = s.product_id SET s.on_hand = s.on_hand + 1
    WHERE p.sku LIKE 'money-%';

-- S1.adjustments
INSERT INTO stock_moves (product_id, delta_on_hand, cause, ref_id, note)
    SELECT product_id, delta_on_hand, cause, RANDOM_BYTES(16), note FROM stock_moves
	WHERE note IN (SELECT `key` FROM chaos.writes WHERE kind = 'stock') LIMIT 1;

-- S2.sold
UPDATE chaos.writes w JOIN chaos.prepared a ON a.cart_id = w.cart_id SET w.status = 409
    WHERE w.kind = 'order' AND w.status = 201;

-- S3.cart
INSERT INTO chaos.writes (kind, status, id, cart_id)
    VALUES ('order', 201, REPEAT('a', 16), REPEAT('c', 16)), ('order', 201, REPEAT('b', 16), REPEAT('c', 16));

-- S3.lost
DELETE FROM orders WHERE id IN (SELECT id FROM chaos.writes WHERE kind = 'order') LIMIT 1;

-- S3.doubled
DELETE FROM chaos.writes WHERE kind = 'order' AND status = 201 LIMIT 1;

-- S4.reserved
UPDATE stock SET on_hand = on_hand + 1, reserved = reserved + 1 LIMIT 1;

-- S4.moves
UPDATE orders SET status = IF(status = 'paid', 'expired', 'paid') LIMIT 1;

-- S4.expired
UPDATE orders SET status = 'pending_payment', expires_at = NOW(3) - INTERVAL 1 HOUR LIMIT 1;

-- S4.cancelled
UPDATE orders SET status = 'paid' WHERE status = 'cancelled';

-- S5.sum
UPDATE orders SET total = total + 1 LIMIT 1;

-- S5.total
UPDATE orders o JOIN chaos.writes w ON w.id = o.id SET o.total = o.total - 1
    WHERE w.kind = 'order';

-- S5.price
UPDATE order_lines SET unit_price = 1;
