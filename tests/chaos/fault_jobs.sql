-- What check_jobs.sql must find.

-- Q1.lease
UPDATE jobs SET lease_token = RANDOM_BYTES(16) WHERE state = 'done' LIMIT 1;

-- Q2.stuck
UPDATE jobs SET state = 'running', run_at = NOW(3) - INTERVAL 1 MINUTE WHERE state = 'done' LIMIT 1;

-- Q2.dead
UPDATE jobs SET state = 'dead' WHERE state = 'done' LIMIT 1;

-- Q2.letters
INSERT INTO dead_letters (id, job_id, queue, kind, payload, attempts, first_failed_at)
    VALUES (RANDOM_BYTES(16), 0, 'x', 'x', '{}', 1, NOW(3));

-- Q2.orders
UPDATE orders SET status = 'pending_payment' LIMIT 1;
