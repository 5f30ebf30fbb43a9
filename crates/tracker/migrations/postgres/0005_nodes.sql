-- The trackers that share this database as one pool: its nodes.

CREATE TABLE pool (
    only_row boolean PRIMARY KEY CHECK (only_row),
    -- Known to the nodes alone: 32 random bytes.
    secret   bytea NOT NULL
);

CREATE TABLE node (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Where other nodes, and peers, reach it.
    address text NOT NULL UNIQUE,
    release text NOT NULL,
    -- When it last said that it runs, by the database's clock.
    seen    timestamptz NOT NULL
);
