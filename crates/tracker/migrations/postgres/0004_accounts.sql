-- Accounts at a provider of identities by which members sign in.

CREATE TABLE account (
    -- The provider, and what it calls the account.
    issuer  text NOT NULL,
    subject text NOT NULL,
    member  bigint NOT NULL,
    -- What the provider called it for people.
    label   text NOT NULL,
    since   bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
