-- Invariants of the queue, after it ran empty; see check_kit.sh.

-- Q1.lease what has ended is nobody's
SELECT id, kind, state FROM jobs WHERE state IN ('done', 'dead') AND lease_token IS NOT NULL;

-- Q2.stuck nothing is left that is due
SELECT id, queue, kind, state, run_at, attempts, last_error FROM jobs
    WHERE state = 'running' OR (state = 'ready' AND run_at < NOW(3) - INTERVAL 5 SECOND);

-- Q2.dead dead jobs and dead letters are the same
SELECT j.id, j.kind, j.state, HEX(d.id) FROM jobs j LEFT JOIN dead_letters d ON d.job_id = j.id
    WHERE (j.state = 'dead') <> (d.id IS NOT NULL AND d.retried_at IS NULL);

-- Q2.letters nothing of all that failed for good
SELECT job_id, queue, kind, attempts, last_error FROM dead_letters;

-- Q2.orders an order that waits for its payment has the job that ends that
SELECT HEX(o.id), o.expires_at FROM orders o LEFT JOIN jobs j ON j.kind = 'order.expire' AND
	j.state IN ('ready', 'running') AND
	JSON_VALUE(j.payload, '$.id') = LOWER(CONCAT_WS('-', SUBSTR(HEX(o.id), 1, 8),
	SUBSTR(HEX(o.id), 9, 4), SUBSTR(HEX(o.id), 13, 4), SUBSTR(HEX(o.id), 17, 4), SUBSTR(HEX(o.id), 21)))
    WHERE o.status = 'pending_payment' AND j.id IS NULL;
