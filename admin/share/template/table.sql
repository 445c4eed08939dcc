-- migrate:up
CREATE TABLE `@NAME@` (
	id	BINARY(16) NOT NULL PRIMARY KEY,
	title	VARCHAR(80) NOT NULL,
	author	VARCHAR(40) NOT NULL,
	stars	TINYINT UNSIGNED NOT NULL DEFAULT 0,
	KEY by_title (title, id),
	KEY by_author (author, title, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE `@NAME@`;
