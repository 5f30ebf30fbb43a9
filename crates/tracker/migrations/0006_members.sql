-- A pool for members: who belongs to it, and what is allowed. In an open pool these tables stay empty. Moments are seconds since
-- 1970; numbers are never given again, so that the highest row of a number stays when it is gone.

CREATE TABLE member (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL,
    -- admin, member, reader, guest
    role  TEXT NOT NULL,
    -- active, suspended, removed
    state TEXT NOT NULL
) STRICT;

CREATE TABLE device (
    key     BLOB PRIMARY KEY,
    member  INTEGER NOT NULL,
    name    TEXT NOT NULL,
    added   INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups_of_members (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE in_group (
    group_id INTEGER NOT NULL,
    member   INTEGER NOT NULL,
    until    INTEGER,
    PRIMARY KEY (group_id, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
    -- The SHA-256 of the code: nobody who reads this can use it.
    code      BLOB PRIMARY KEY,
    made_by   INTEGER,
    role      TEXT NOT NULL,
    -- A list in JSON of the groups' numbers.
    group_ids TEXT NOT NULL,
    device_of INTEGER,
    uses      INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rule (
    id      INTEGER PRIMARY KEY,
    -- The info-hash of one item, or else a pattern of names, or else every item of the pool.
    v1      BLOB,
    v2      BLOB,
    name    TEXT,
    -- see, get, give
    allows  TEXT NOT NULL,
    -- The number of a role, a group or a member.
    subject INTEGER NOT NULL,
    until   INTEGER,
    gone    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE voided (
    key         BLOB PRIMARY KEY,
    made_before INTEGER NOT NULL,
    expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE access (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- How often something has changed.
    epoch    INTEGER NOT NULL,
    -- Rules that ended by then were told of.
    swept    INTEGER NOT NULL
) STRICT;

-- The member who brought it in.
ALTER TABLE item ADD COLUMN owner INTEGER;
