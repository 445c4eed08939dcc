-- Invariants of payments; see check_kit.sh.  What the provider's own book says is
-- in chaos.book: a row for each of its charges.

-- P1.book an order is charged once at the provider, and one that is paid by it was
SELECT o.order_id, o.charged, o.paid FROM (SELECT HEX(p.order_id) AS order_id,
	(SELECT COUNT(*) FROM chaos.book b WHERE b.order_id = p.order_id AND b.status = 'succeeded') AS charged,
	SUM(p.status = 'succeeded') AS paid
    FROM payments p WHERE p.method_type = 'card_test' AND
	EXISTS (SELECT 1 FROM chaos.book) GROUP BY p.order_id) o
    WHERE o.charged <> o.paid;

-- P1.keys what the provider charged has a key of ours, and the sum that was asked
SELECT b.provider_key, b.amount, p.amount FROM chaos.book b
    LEFT JOIN payment_attempts a ON a.provider_key = b.provider_key
    LEFT JOIN payments p ON p.id = a.payment_id
    WHERE b.status = 'succeeded' AND
	(p.id IS NULL OR p.order_id <> b.order_id OR p.amount <> b.amount);

-- P1.sources what was paid, or given back, is in the ledger once
SELECT source, HEX(source_id), COUNT(*) FROM transactions
    WHERE source IN ('payment', 'refund') GROUP BY source, source_id HAVING COUNT(*) <> 1;

-- P1.live an order has one payment that is under way or made
SELECT HEX(order_id), COUNT(*) FROM payments
    WHERE status NOT IN ('canceled', 'requires_payment_method')
    GROUP BY order_id HAVING COUNT(*) > 1;

-- P2.bounds no more is taken than was owed, no more given back than was taken
SELECT HEX(id), amount, captured, refunded FROM payments
    WHERE captured < 0 OR captured > amount OR refunded < 0 OR refunded > captured;

-- P2.refunds what is given back is the sum of the refunds
SELECT HEX(p.id), p.refunded, COALESCE(SUM(r.amount), 0) FROM payments p
    LEFT JOIN refunds r ON r.payment_id = p.id AND r.status <> 'failed'
    GROUP BY p.id, p.refunded HAVING p.refunded <> COALESCE(SUM(r.amount), 0);

-- P3.order an order is paid if and only if a payment of it succeeded
SELECT HEX(o.id), o.status, o.total, SUM(p.captured) FROM orders o
    LEFT JOIN payments p ON p.order_id = o.id AND p.status = 'succeeded'
    GROUP BY o.id, o.status, o.total
    HAVING (o.status IN ('paid', 'fulfilled', 'completed', 'refunded')) <> (COUNT(p.id) = 1) OR
	(COUNT(p.id) = 1 AND (SUM(p.captured) <> o.total OR SUM(p.captured <> p.amount) > 0));

-- P3.ledger and if and only if that is posted, with the same sum
SELECT HEX(p.id), p.status AS made, p.captured, t.status AS posted, SUM(e.amount) FROM payments p
    LEFT JOIN transactions t ON t.source = 'payment' AND t.source_id = p.id
    LEFT JOIN entries e ON e.transaction_id = t.id AND e.direction = 1
    GROUP BY p.id, p.status, p.captured, t.id, t.status
    HAVING (made = 'succeeded') <> (COALESCE(posted, '') = 'posted') OR
	p.captured <> COALESCE(SUM(e.amount), 0);

-- P3.nobody nothing is posted for a payment or refund that is not there
SELECT HEX(t.id), t.source FROM transactions t
    LEFT JOIN payments p ON t.source = 'payment' AND p.id = t.source_id
    LEFT JOIN refunds r ON t.source = 'refund' AND r.id = t.source_id
    WHERE t.source IN ('payment', 'refund') AND p.id IS NULL AND r.id IS NULL;

-- P3.refunds a refund succeeded if and only if it is posted, with the same sum
SELECT HEX(r.id), r.status AS made, r.amount AS owed, t.status AS posted, SUM(e.amount) FROM refunds r
    LEFT JOIN transactions t ON t.source = 'refund' AND t.source_id = r.id
    LEFT JOIN entries e ON e.transaction_id = t.id AND e.direction = 1
    GROUP BY r.id, r.status, r.amount, t.id, t.status
    HAVING (made = 'succeeded') <> (COALESCE(posted, '') = 'posted') OR
	(made = 'succeeded' AND owed <> COALESCE(SUM(e.amount), 0));

-- P3.back an order is refunded if and only if all that was paid is back
SELECT HEX(o.id), o.status, p.captured, SUM(r.amount) FROM orders o
    JOIN payments p ON p.order_id = o.id AND p.status = 'succeeded'
    LEFT JOIN refunds r ON r.payment_id = p.id AND r.status = 'succeeded'
    GROUP BY o.id, o.status, p.id, p.captured
    HAVING (o.status = 'refunded') <> (p.captured = COALESCE(SUM(r.amount), 0));

-- P3.drained nothing is under way any more
SELECT HEX(id), status FROM payments WHERE status = 'processing'
    UNION ALL SELECT HEX(id), status FROM refunds WHERE status = 'processing';

-- P3.named an order names its live payment
SELECT HEX(o.id), HEX(o.payment_id), HEX(p.id) FROM orders o
    LEFT JOIN payments p ON p.active_key = o.id
    WHERE NOT o.payment_id <=> p.id;
