-- What stock clients may fetch in a pool for members, and the keys by which they announce.

CREATE TABLE stock (
    -- The info-hash: 40 digits, 64 digits, or both with a colon between them.
    item    TEXT PRIMARY KEY,
    -- The info-hash of its private form.
    private BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE announce_key (
    -- The SHA-256 of the key: nobody who reads this can use it.
    key    BLOB PRIMARY KEY,
    member INTEGER NOT NULL,
    item   TEXT NOT NULL,
    made   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
