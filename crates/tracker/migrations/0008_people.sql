-- How people get into a pool for members without a device's key.

CREATE TABLE password (
    member INTEGER PRIMARY KEY,
    -- A PHC string of Argon2id.
    hash   TEXT NOT NULL
) STRICT;

CREATE TABLE ticket (
    -- The SHA-256 of the secret: nobody who reads this can use it.
    secret  BLOB PRIMARY KEY,
    member  INTEGER NOT NULL,
    -- What the browser calls itself, or what its owner calls the token.
    name    TEXT NOT NULL,
    -- The SHA-256 of a session's cookie; none of a token.
    cookie  BLOB,
    writes  INTEGER NOT NULL,
    made    INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
