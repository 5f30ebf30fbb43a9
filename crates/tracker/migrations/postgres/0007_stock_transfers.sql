-- What stock clients fetch is a sum of its own.

-- The id of the announce key by which a stock client of the taker took it; else empty.
ALTER TABLE transfer ADD COLUMN stock text NOT NULL DEFAULT '';
ALTER TABLE transfer DROP CONSTRAINT transfer_day_item_giver_taker_key;
ALTER TABLE transfer ADD UNIQUE (day, item, giver, taker, stock);
