-- Invariants of accounts, transactions and entries; see check_kit.sh.  They hold
-- at any moment, in one consistent read, but for L5.told, which waits until the
-- queue is empty; chaos.writes are the writes of the clients' records (money.sql).

-- L1.sum what is posted is balanced
SELECT HEX(transaction_id), SUM(direction * amount) FROM entries
    GROUP BY transaction_id HAVING SUM(direction * amount) <> 0;

-- L1.currency all of a transaction is in one currency
SELECT HEX(t.id), t.currency, a.code, a.currency FROM transactions t
    JOIN entries e ON e.transaction_id = t.id JOIN accounts a ON a.id = e.account_id
    WHERE a.currency <> t.currency;

-- L1.lines what was posted has all its entries, and what was not has none
SELECT HEX(t.id), t.kind, t.status, COUNT(e.id), JSON_LENGTH(t.entries)
    FROM transactions t LEFT JOIN entries e ON e.transaction_id = t.id
    GROUP BY t.id, t.kind, t.status, t.entries
    HAVING COUNT(e.id) <> IF(t.status = 'posted' AND t.kind IN ('transfer', 'post_pending'),
	JSON_LENGTH(t.entries), 0);

-- L1.asked each entry is as it was asked for
SELECT HEX(e.transaction_id), e.line_no, e.direction, e.amount FROM entries e
    WHERE NOT EXISTS (SELECT 1 FROM transactions t, JSON_TABLE(t.entries, '$[*]' COLUMNS (
	account CHAR(36) PATH '$.account_id', side VARCHAR(8) PATH '$.direction',
	amount BIGINT PATH '$.amount')) j
	WHERE t.id = e.transaction_id AND UNHEX(REPLACE(j.account, '-', '')) = e.account_id AND
	    j.amount = e.amount AND j.side = IF(e.direction = 1, 'credit', 'debit'));

-- L2.sums an account's sums are those of its entries
SELECT a.code, a.debits_posted, a.credits_posted, SUM(IF(e.direction = -1, e.amount, 0)),
    SUM(IF(e.direction = 1, e.amount, 0)) FROM accounts a
    LEFT JOIN entries e ON e.account_id = a.id
    GROUP BY a.id, a.code, a.debits_posted, a.credits_posted
    HAVING a.debits_posted <> COALESCE(SUM(IF(e.direction = -1, e.amount, 0)), 0) OR
	a.credits_posted <> COALESCE(SUM(IF(e.direction = 1, e.amount, 0)), 0);

-- L2.pending what is reserved is what is pending
SELECT a.code, a.debits_pending, a.credits_pending, p.debits, p.credits FROM accounts a
    LEFT JOIN (SELECT UNHEX(REPLACE(j.account, '-', '')) AS id,
	SUM(IF(j.side = 'debit', j.amount, 0)) AS debits,
	SUM(IF(j.side = 'credit', j.amount, 0)) AS credits
	FROM transactions t, JSON_TABLE(t.entries, '$[*]' COLUMNS (
	    account CHAR(36) PATH '$.account_id', side VARCHAR(8) PATH '$.direction',
	    amount BIGINT PATH '$.amount')) j
	WHERE t.status = 'pending' GROUP BY j.account) p ON p.id = a.id
    WHERE a.debits_pending <> COALESCE(p.debits, 0) OR
	a.credits_pending <> COALESCE(p.credits, 0);

-- L2.balance balance_after is the running sum, in the order of the ids
SELECT HEX(account_id), id, balance_after, running FROM (
	SELECT e.account_id, e.id, e.balance_after, SUM(e.amount * e.direction *
	    IF(a.kind IN ('asset', 'expense'), -1, 1))
	    OVER (PARTITION BY e.account_id ORDER BY e.id) AS running
	FROM entries e JOIN accounts a ON a.id = e.account_id) r
    WHERE balance_after <> running;

-- L3.now no constraint is broken
SELECT code, debits_posted, debits_pending, credits_posted, credits_pending FROM accounts
    WHERE (constraint_kind = 'no_debit_balance' AND
	debits_posted + debits_pending > credits_posted) OR
	(constraint_kind = 'no_credit_balance' AND
	credits_posted + credits_pending > debits_posted);

-- L3.ever and none ever was
SELECT a.code, e.id, e.balance_after FROM entries e JOIN accounts a ON a.id = e.account_id
    WHERE (a.constraint_kind = 'no_debit_balance' AND e.balance_after *
	IF(a.kind IN ('asset', 'expense'), -1, 1) < 0) OR
	(a.constraint_kind = 'no_credit_balance' AND e.balance_after *
	IF(a.kind IN ('asset', 'expense'), 1, -1) < 0);

-- L4.once a pending one is resolved at most once
SELECT HEX(pending_id), COUNT(*) FROM transactions
    WHERE pending_id IS NOT NULL AND status = 'posted'
    GROUP BY pending_id HAVING COUNT(*) > 1;

-- L4.how and is as what resolved it made it
SELECT HEX(p.id), p.status, p.reason, r.kind FROM transactions p
    LEFT JOIN (SELECT pending_id, MAX(kind) AS kind FROM transactions
	WHERE pending_id IS NOT NULL AND status = 'posted' GROUP BY pending_id) r ON r.pending_id = p.id
    WHERE p.kind = 'pending' AND NOT (
	(p.status = 'posted' AND COALESCE(r.kind, '') = 'post_pending') OR
	(p.status = 'voided' AND COALESCE(r.kind, p.reason, '') IN ('void_pending', 'timeout')) OR
	(p.status IN ('queued', 'pending', 'rejected') AND r.kind IS NULL));

-- L4.timeout none is pending when its time is over, and five seconds more
SELECT HEX(id), timeout_at FROM transactions
    WHERE status = 'pending' AND timeout_at < NOW(3) - INTERVAL 5 SECOND;

-- L5.queued what is queued has a job that is not given up
SELECT HEX(t.id), t.created_at FROM transactions t
    LEFT JOIN jobs j ON j.kind = 'transaction.post' AND j.state IN ('ready', 'running') AND
	JSON_VALUE(j.payload, '$.id') = LOWER(CONCAT_WS('-', HEX(SUBSTR(t.id, 1, 4)),
	HEX(SUBSTR(t.id, 5, 2)), HEX(SUBSTR(t.id, 7, 2)), HEX(SUBSTR(t.id, 9, 2)),
	HEX(SUBSTR(t.id, 11, 6))))
    WHERE t.status = 'queued' AND j.id IS NULL;

-- L5.told what was accepted is there, and came to an end
SELECT w.`key`, HEX(w.id), t.status FROM chaos.writes w
    LEFT JOIN transactions t ON t.id = w.id
    WHERE w.path = '/v1/transactions' AND w.status = 202 AND
	(t.id IS NULL OR t.status NOT IN ('posted', 'voided', 'rejected', 'pending') OR
	(t.status = 'pending' AND t.kind <> 'pending'));

-- L5.doubled what was asked for once is there once
SELECT reference, COUNT(*) FROM transactions
    WHERE reference IN (SELECT `key` FROM chaos.writes WHERE path = '/v1/transactions')
    GROUP BY reference HAVING COUNT(*) > 1;

-- L6.total no money came from nowhere
SELECT currency, SUM(credits_posted) - SUM(debits_posted),
    SUM(credits_pending) - SUM(debits_pending) FROM accounts GROUP BY currency
    HAVING SUM(credits_posted) <> SUM(debits_posted) OR
	SUM(credits_pending) <> SUM(debits_pending);
