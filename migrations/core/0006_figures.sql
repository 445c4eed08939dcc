-- Figures that programs work out now and then, for /metrics.

-- migrate:up

CREATE TABLE figures (
	name		VARCHAR(64) NOT NULL,
	help		VARCHAR(200) NOT NULL,
	value		BIGINT NOT NULL,
	updated_at	DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
	PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE figures;
