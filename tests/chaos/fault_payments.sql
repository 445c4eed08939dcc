-- What check_payments.sql must find.

-- P1.book
INSERT INTO chaos.book (provider_key, order_id, status, amount)
    SELECT UUID(), order_id, 'succeeded', amount FROM payments
    WHERE method_type = 'card_test' AND status = 'succeeded' LIMIT 1;

-- P1.keys
INSERT INTO chaos.book (provider_key, order_id, status, amount)
    SELECT a.provider_key, p.order_id, 'succeeded', p.amount + 1 FROM payments p
    JOIN payment_attempts a ON a.payment_id = p.id LIMIT 1;

-- P1.sources
INSERT INTO transactions (id, kind, status, currency, entries, source, source_id)
    SELECT RANDOM_BYTES(16), 'pending', status, currency, entries, source, source_id
    FROM transactions WHERE source = 'payment' LIMIT 1;

-- P1.live
INSERT INTO payments (id, order_id, user_id, amount, currency, method_type, method_token_enc, status)
    SELECT RANDOM_BYTES(16), order_id, user_id, amount, currency, 'wallet', '', 'processing'
    FROM payments WHERE status = 'succeeded' LIMIT 1;

-- P2.bounds
UPDATE payments SET refunded = captured + 1 WHERE status = 'succeeded' LIMIT 1;

-- P2.refunds
UPDATE payments SET refunded = refunded + 1 WHERE status = 'succeeded' LIMIT 1;

-- P3.order
UPDATE orders SET status = 'pending_payment' WHERE status = 'paid' LIMIT 1;

-- P3.ledger
DELETE FROM transactions WHERE source = 'payment' LIMIT 1;

-- P3.nobody
UPDATE transactions SET source_id = RANDOM_BYTES(16) WHERE source = 'payment' LIMIT 1;

-- P3.refunds
UPDATE refunds SET status = IF(status = 'succeeded', 'failed', 'succeeded') LIMIT 1;

-- P3.back
UPDATE orders SET status = 'refunded' WHERE status = 'paid' LIMIT 1;

-- P3.drained
UPDATE payments SET status = 'processing' WHERE status = 'succeeded' LIMIT 1;

-- P3.named
UPDATE orders SET payment_id = RANDOM_BYTES(16) LIMIT 1;
