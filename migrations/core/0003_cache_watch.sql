-- What others change in tables that answers are cached of (`brisk cache watch`).

-- migrate:up

-- Which answers' tags a watched table's triggers note.
CREATE TABLE cache_watches (
	table_name	VARCHAR(64) NOT NULL,
	tag_name	VARCHAR(64) NOT NULL COMMENT 'itself, or the table it is a list of',
	since		DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (table_name, tag_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Written by the triggers, in the transaction of who changed the row; read and
-- deleted one by one by the sweep, for numbers are not in the order of commits.
CREATE TABLE cache_changes (
	id		BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	tag_name	VARCHAR(64) NOT NULL,
	row_key		VARBINARY(255) NULL COMMENT 'NULL: any row',
	PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- migrate:down

DROP TABLE cache_changes;
DROP TABLE cache_watches;
