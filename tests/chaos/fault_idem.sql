-- What check_idem.sql must find.

-- I1.same
UPDATE chaos.tries SET answer = CONCAT(answer, 'x') WHERE replayed LIMIT 1;

-- I1.replayed
UPDATE chaos.tries SET replayed = 0;

-- I2.reused
UPDATE chaos.tries SET status = 201, answer = '{"id":"1"}' WHERE kind = 'reused' LIMIT 1;

-- I2.foreign
UPDATE chaos.tries SET replayed = 1 WHERE kind = 'foreign' LIMIT 1;

-- I3.open
UPDATE idempotency_keys SET status = NULL LIMIT 1;

-- I3.effect
DELETE e FROM chaos.effects e JOIN chaos.stored k ON k.of_id = e.id;

-- I3.key
DELETE FROM chaos.stored WHERE status BETWEEN 200 AND 299;

-- I3.answer
UPDATE chaos.stored SET digest = RANDOM_BYTES(32) LIMIT 1000;
