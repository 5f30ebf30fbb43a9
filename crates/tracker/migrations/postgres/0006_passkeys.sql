-- Passkeys by which members sign in.

CREATE TABLE passkey (
    -- By what its authenticator knows it.
    id      bytea PRIMARY KEY,
    member  bigint NOT NULL,
    name    text NOT NULL,
    -- The host of the page for which it was made.
    host    text NOT NULL,
    -- Its public key, as COSE has it.
    key     bytea NOT NULL,
    -- How often it has signed, if its authenticator counts.
    counter bigint NOT NULL,
    since   bigint NOT NULL,
    used    bigint
);
