-- What stock clients may fetch in a pool for members, and the keys by which they announce.

CREATE TABLE stock (
    -- The info-hash: 40 digits, 64 digits, or both with a colon between them.
    item    text PRIMARY KEY,
    -- The info-hash of its private form.
    private bytea NOT NULL
);

CREATE TABLE announce_key (
    -- The SHA-256 of the key: nobody who reads this can use it.
    key    bytea PRIMARY KEY,
    member bigint NOT NULL,
    item   text NOT NULL,
    made   bigint NOT NULL
);
