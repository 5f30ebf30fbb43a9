-- What stock clients fetch is a sum of its own. A constraint cannot be changed, so the table is made anew.

CREATE TABLE transfer_with_stock (
    -- Never given again, so that whoever reads on from one misses nothing.
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    -- When the day began, in UTC, and when it was told last: seconds since 1970.
    day   INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    -- The info-hash: 40 digits, 64 digits, or both with a colon between them.
    item  TEXT NOT NULL,
    giver INTEGER NOT NULL,
    taker INTEGER NOT NULL,
    -- The id of the announce key by which a stock client of the taker took it; else empty.
    stock TEXT NOT NULL DEFAULT '',
    -- Payload bytes, as the giver tells, and as the taker does.
    given INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    UNIQUE (day, item, giver, taker, stock)
) STRICT;

INSERT INTO transfer_with_stock (seq, day, last, item, giver, taker, given, taken)
SELECT seq, day, last, item, giver, taker, given, taken FROM transfer;

DROP TABLE transfer;
ALTER TABLE transfer_with_stock RENAME TO transfer;
CREATE INDEX transfer_last ON transfer (last);
