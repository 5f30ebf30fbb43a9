-- Who changed what in a pool for members. Names are those of their time.

CREATE TABLE audit (
    -- Never given again, so that whoever reads on from one misses nothing.
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Seconds since 1970.
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT
) STRICT;

CREATE INDEX audit_at ON audit (at);
