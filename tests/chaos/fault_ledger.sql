-- What check_ledger.sql must find.

-- L1.sum
INSERT INTO entries (transaction_id, line_no, account_id, direction, amount, balance_after)
    SELECT transaction_id, 99, account_id, direction, amount, balance_after FROM entries LIMIT 1;

-- L1.currency
UPDATE accounts SET currency = 'XAU' WHERE debits_posted > 0 LIMIT 1;

-- L1.lines
DELETE FROM entries ORDER BY id DESC LIMIT 1;

-- L1.asked
UPDATE entries SET amount = amount + 1 LIMIT 1;

-- L2.sums
UPDATE accounts SET credits_posted = credits_posted - 1 WHERE credits_posted > 0 LIMIT 1;

-- L2.pending
UPDATE accounts SET debits_pending = debits_pending + 1 LIMIT 1;

-- L2.balance
UPDATE entries SET balance_after = balance_after + 1 LIMIT 1;

-- L3.now
UPDATE accounts SET constraint_kind = 'no_debit_balance' WHERE debits_posted > credits_posted LIMIT 1;

-- L3.ever
UPDATE entries e JOIN accounts a ON a.id = e.account_id SET e.balance_after = -e.balance_after
    WHERE a.constraint_kind = 'no_debit_balance';

-- L4.once
UPDATE transactions SET pending_id = REPEAT('p', 16), status = 'posted' LIMIT 2;

-- L4.how
UPDATE transactions SET kind = 'pending', status = 'posted' WHERE kind = 'transfer' LIMIT 1;

-- L4.timeout
UPDATE transactions SET status = 'pending', timeout_at = NOW(3) - INTERVAL 6 SECOND LIMIT 1;

-- L5.queued
UPDATE transactions SET status = 'queued' WHERE status = 'posted' LIMIT 1;

-- L5.told
INSERT INTO chaos.writes (`key`, kind, path, status, id)
    VALUES ('planted', 'transfer', '/v1/transactions', 202, REPEAT('t', 16));

-- L5.doubled
INSERT INTO chaos.writes (`key`, kind, path, status) VALUES ('planted', 'transfer', '/v1/transactions', 202);
UPDATE transactions SET reference = 'planted' LIMIT 2;

-- L6.total
UPDATE accounts SET credits_posted = credits_posted + 1 LIMIT 1;
