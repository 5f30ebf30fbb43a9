-- What passed between members of a pool, as both sides tell it.

CREATE TABLE transfer (
    -- Never given again, so that whoever reads on from one misses nothing.
    seq   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- When the day began, in UTC, and when it was told last: seconds since 1970.
    day   bigint NOT NULL,
    last  bigint NOT NULL,
    -- The info-hash: 40 digits, 64 digits, or both with a colon between them.
    item  text NOT NULL,
    giver bigint NOT NULL,
    taker bigint NOT NULL,
    -- Payload bytes, as the giver tells, and as the taker does.
    given bigint NOT NULL,
    taken bigint NOT NULL,
    UNIQUE (day, item, giver, taker)
);

CREATE INDEX transfer_last ON transfer (last);
