-- What passed between members of a pool, as both sides tell it.

CREATE TABLE transfer (
    -- Never given again, so that whoever reads on from one misses nothing.
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    -- When the day began, in UTC, and when it was told last: seconds since 1970.
    day   INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    -- The info-hash: 40 digits, 64 digits, or both with a colon between them.
    item  TEXT NOT NULL,
    giver INTEGER NOT NULL,
    taker INTEGER NOT NULL,
    -- Payload bytes, as the giver tells, and as the taker does.
    given INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    UNIQUE (day, item, giver, taker)
) STRICT;

CREATE INDEX transfer_last ON transfer (last);
