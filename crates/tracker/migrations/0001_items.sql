-- What a tracker must not lose: who it is, and the items that it knows. Who is online is never stored.

CREATE TABLE tracker (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       BLOB NOT NULL
) STRICT;

CREATE TABLE item (
    id           INTEGER PRIMARY KEY,
    v1           BLOB UNIQUE,
    v2           BLOB UNIQUE,
    name         TEXT NOT NULL,
    is_folder    INTEGER NOT NULL,
    length       INTEGER NOT NULL,
    piece_length INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    files        INTEGER NOT NULL,
    private      INTEGER NOT NULL,
    root         BLOB,
    -- Seconds since 1970, by the tracker's clock.
    added        INTEGER NOT NULL,
    seen         INTEGER NOT NULL,
    CHECK (v1 IS NOT NULL OR v2 IS NOT NULL)
) STRICT;

-- Apart from the facts, so that the facts can be read without it.
CREATE TABLE metainfo (
    item    INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    torrent BLOB NOT NULL
) STRICT;
