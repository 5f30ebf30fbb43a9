-- Accounts at a provider of identities by which members sign in.

CREATE TABLE account (
    -- The provider, and what it calls the account.
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    member  INTEGER NOT NULL,
    -- What the provider called it for people.
    label   TEXT NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
