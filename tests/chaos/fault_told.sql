-- What check_told.sql must find.

-- L5.refused
UPDATE chaos.writes SET status = 409 WHERE status = 202 AND path = '/v1/transactions' LIMIT 1;

-- L3.wallet
UPDATE entries e JOIN accounts a ON a.id = e.account_id SET e.amount = 60
    WHERE a.code LIKE 'purse-%' AND e.direction = 1;
UPDATE entries e JOIN accounts a ON a.id = e.account_id SET e.direction = -1
    WHERE a.code LIKE 'purse-%';

-- P1.lost
UPDATE payments SET status = 'processing', active_key = id WHERE status IN ('canceled', 'requires_payment_method') LIMIT 1;

-- P1.asked
UPDATE chaos.writes SET id = NULL WHERE kind = 'payment' AND status = 202 LIMIT 1;

-- P2.lost
UPDATE refunds SET status = 'processing' WHERE id IN (SELECT id FROM chaos.writes WHERE kind = 'refund') LIMIT 1;

-- P2.doubled
INSERT INTO refunds (id, payment_id, amount, currency, status, reason, provider_key)
    SELECT RANDOM_BYTES(16), payment_id, amount, currency, status, reason, UUID() FROM refunds
	WHERE reason IN (SELECT `key` FROM chaos.writes WHERE kind = 'refund') LIMIT 1;
