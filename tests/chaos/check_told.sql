-- What the ledger and the payments say, against what clients were told; see
-- check_kit.sh, and money.sql for chaos.writes.

-- L5.refused what was refused, or never asked for, is not there
SELECT t.reference, HEX(t.id), w.status FROM transactions t
    LEFT JOIN chaos.writes w ON w.`key` = t.reference
    WHERE t.source = 'transaction' AND (w.`key` IS NULL OR w.status NOT IN (0, 202) OR (w.status = 202 AND w.id <> t.id));

-- L3.wallet of 100, at most one transfer of 60 was posted
SELECT HEX(e.account_id), COUNT(*) FROM entries e JOIN accounts a ON a.id = e.account_id
    WHERE a.code LIKE 'purse-%' AND e.direction = -1 AND e.amount = 60
    GROUP BY e.account_id HAVING COUNT(*) <> 1;

-- P1.lost a payment that was accepted is there and came to its end
SELECT w.`key`, HEX(w.id), p.status FROM chaos.writes w LEFT JOIN payments p ON p.id = w.id
    WHERE w.kind = 'payment' AND w.status = 202 AND
	(p.id IS NULL OR p.status NOT IN ('succeeded', 'canceled', 'requires_payment_method') OR
	HEX(p.order_id) <> UPPER(REPLACE(JSON_VALUE(w.request, '$.order_id'), '-', '')));

-- P1.asked no payment that nobody asked for
SELECT HEX(p.id), p.status FROM payments p LEFT JOIN chaos.writes w ON w.id = p.id AND w.kind = 'payment'
    WHERE w.id IS NULL AND NOT EXISTS (SELECT 1 FROM chaos.writes u WHERE u.kind = 'payment' AND u.status = 0 AND
	REPLACE(JSON_VALUE(u.request, '$.order_id'), '-', '') = LOWER(HEX(p.order_id)));

-- P2.lost a refund that was accepted is there and came to its end
SELECT w.`key`, HEX(w.id), r.status FROM chaos.writes w LEFT JOIN refunds r ON r.id = w.id
    WHERE w.kind = 'refund' AND w.status = 202 AND COALESCE(r.status, '') NOT IN ('succeeded', 'failed');

-- P2.doubled a refund is there once
SELECT reason, COUNT(*) FROM refunds r JOIN chaos.writes w ON w.`key` = r.reason AND w.kind = 'refund'
    GROUP BY reason HAVING COUNT(*) > 1;
