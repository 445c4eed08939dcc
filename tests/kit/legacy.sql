-- Tables of a shop that was there before.
CREATE TABLE `Order Lines` (
  `order_no` INT NOT NULL,
  `line_no` SMALLINT NOT NULL,
  `Article No` VARCHAR(20) NOT NULL,
  `group` VARCHAR(10) NULL,
  `a``b` INT NULL,
  PRIMARY KEY (`order_no`, `line_no`),
  KEY (`group`, `order_no`, `line_no`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE `Customers` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `Name` VARCHAR(40) CHARACTER SET latin1 NULL,
  `weight` DECIMAL(20,6) NULL,
  `points` BIGINT UNSIGNED NULL,
  `born` DATE NULL,
  `seen` DATETIME NULL,
  `active` TINYINT(1) NULL,
  `kind` ENUM('retail','trade','it''s') NULL,
  `extra` JSON NULL,
  `score` DOUBLE NULL,
  `ratio` FLOAT NULL,
  `visits` SMALLINT NULL,
  `touched` TIMESTAMP(6) NULL,
  `email` VARCHAR(80) NULL,
  UNIQUE KEY `email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE `Places` (
  `code` VARCHAR(30) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  `label` VARCHAR(50) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE `invoices` (
  `nr` VARCHAR(12) NOT NULL PRIMARY KEY,
  `customer` INT UNSIGNED NULL,
  `place` VARCHAR(30) COLLATE utf8mb4_bin NULL,
  `total` DECIMAL(12,2) NOT NULL DEFAULT '0.00',
  CONSTRAINT `paid` CHECK (`total` >= 0),
  CONSTRAINT FOREIGN KEY (`customer`) REFERENCES `Customers` (`id`),
  CONSTRAINT FOREIGN KEY (`place`) REFERENCES `Places` (`code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE VIEW `customer_totals` AS
  SELECT c.id AS customer_id, c.Name AS name, COUNT(i.nr) AS invoices,
    COALESCE(SUM(i.total), 0) AS total
  FROM `Customers` c LEFT JOIN invoices i ON i.customer = c.id GROUP BY c.id;

INSERT INTO `Order Lines` VALUES
  (1, 1, 'ROSE', NULL, 1), (1, 2, 'FERN', 'a', NULL), (1, 3, 'MOSS', 'b', 3),
  (2, 1, 'ROSE', NULL, NULL), (2, 2, 'FERN', 'a', 2), (3, -1, 'MOSS', 'b', 9),
  (3, 1, 'OAK', NULL, 0);

INSERT INTO `Customers`
  (`id`, `Name`, `weight`, `points`, `born`, `seen`, `active`, `kind`, `extra`,
   `score`, `ratio`, `visits`, `touched`, `email`) VALUES
  (1, 'Müller', 12345678901234.123456, 18446744073709551615, '1955-02-28',
   '2019-12-31 23:59:59', 1, 'retail', '{"a":[1,2.50],"b":null}', 0.1, 0.1, 5,
   '2020-01-01 00:00:00.123456', 'a@example.org'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, '', 0.000001, 0, '0001-01-01', '1970-01-01 00:00:00', 0, 'trade', '{}', -1e300,
   3.4e38, 0, '2020-01-01 00:00:00.123999', NULL),
  (4, 'anna', -0.000001, 9223372036854775808, '9999-12-31', '2099-12-31 23:59:59', 1,
   'it''s', NULL, 1e300, 0.3, -5, '2020-01-01 00:00:00.123001', 'b@example.org'),
  (5, NULL, 5, 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, 'Anna', 5, 7, '1955-02-28', '2019-12-31 23:59:59', 1, 'retail', '{"a":1}', 0.1,
   0.1, 5, '2020-01-01 00:00:00.123456', NULL),
  (7, 'zed', NULL, 9007199254740993, NULL, '2019-12-31 23:59:58', 0, NULL, NULL, 0.30000000000000004,
   0.3, NULL, NULL, NULL);

INSERT INTO `Places` VALUES ('a b', 'space'), ('50%', 'percent'),
  ('grün', 'umlaut'), ('a,b', 'comma'), ('A', 'upper'), ('a', 'lower'),
  ('x?y=1&z', 'query'), ('"q"', 'quotes'), ('+', 'plus'), (';', NULL);

INSERT INTO `invoices` VALUES ('2020/1', 1, 'a b', 10.10), ('2020-2', 1, NULL, 0.05),
  ('2020-3', NULL, NULL, 99999.99);
