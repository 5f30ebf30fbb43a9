-- Passkeys by which members sign in.

CREATE TABLE passkey (
    -- By what its authenticator knows it.
    id      BLOB PRIMARY KEY,
    member  INTEGER NOT NULL,
    name    TEXT NOT NULL,
    -- The host of the page for which it was made.
    host    TEXT NOT NULL,
    -- Its public key, as COSE has it.
    key     BLOB NOT NULL,
    -- How often it has signed, if its authenticator counts.
    counter INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    used    INTEGER
) STRICT, WITHOUT ROWID;
