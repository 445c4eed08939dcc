-- Invariants of idempotency keys; see check_kit.sh, and money.sql for chaos.*.

-- I1.same whatever was answered to a key is the same, to the byte
SELECT `key`, COUNT(DISTINCT status, answer), MIN(answer), MAX(answer) FROM chaos.tries
    WHERE `key` <> '' AND sure AND kind NOT IN ('reused', 'foreign')
    GROUP BY `key` HAVING COUNT(DISTINCT status, answer) > 1;

-- I1.replayed what came again says so
SELECT `key`, COUNT(*) FROM chaos.tries
    WHERE `key` <> '' AND status BETWEEN 200 AND 299 AND kind NOT IN ('reused', 'foreign')
    GROUP BY `key` HAVING SUM(NOT replayed) > 1;

-- I2.reused another body is refused
SELECT `key`, status, answer FROM chaos.tries WHERE kind = 'reused' AND sure AND
    (status <> 422 OR JSON_VALUE(answer, '$.code') <> 'idempotency_key_reused');

-- I2.foreign a key says nothing to another user
SELECT f.`key`, f.answer FROM chaos.tries f JOIN chaos.writes w ON w.`key` = f.`key`
    WHERE f.kind = 'foreign' AND (f.replayed OR JSON_VALUE(f.answer, '$.id') = w.text_id);

-- I3.open no key is kept without its answer
SELECT id, created_at FROM idempotency_keys WHERE status IS NULL OR body IS NULL;

-- I3.effect no key is kept without its effect
SELECT k.id, k.status, k.text_id FROM chaos.stored k
    LEFT JOIN chaos.effects e ON e.id = k.of_id WHERE k.status BETWEEN 200 AND 299 AND e.id IS NULL;

-- I3.key no effect is there without its key
SELECT e.kind, HEX(e.id) FROM chaos.effects e LEFT JOIN chaos.stored k ON k.of_id = e.id
    WHERE e.keyed AND k.id IS NULL;

-- I3.answer what was answered is what was kept
SELECT t.`key`, t.kind, t.status FROM chaos.tries t LEFT JOIN chaos.stored k
    ON k.digest = UNHEX(SHA2(t.answer, 256)) AND k.status = t.status
    WHERE t.`key` <> '' AND t.status BETWEEN 200 AND 299 AND t.kind NOT IN ('reused', 'foreign') AND
	k.id IS NULL;
