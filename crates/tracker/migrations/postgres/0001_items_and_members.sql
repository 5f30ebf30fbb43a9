-- What a tracker must not lose: who it is, the items that it knows, and the members of its pool. Who is online is never stored.

CREATE TABLE tracker (
    only_row boolean PRIMARY KEY CHECK (only_row),
    id       bytea NOT NULL,
    -- Seconds for which it has run in all its life.
    age      bigint NOT NULL DEFAULT 0
);

CREATE TABLE item (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-1 of the v1 form (20 bytes), SHA-256 of the v2 form (32), or the one before the other (52).
    info_hash    bytea NOT NULL UNIQUE,
    name         text NOT NULL,
    is_folder    boolean NOT NULL,
    length       bigint NOT NULL,
    piece_length bigint NOT NULL,
    pieces       bigint NOT NULL,
    files        bigint NOT NULL,
    private      boolean NOT NULL,
    root         bytea,
    -- The info-hash of a hybrid's v1 form.
    v1_form      bytea,
    -- When it became known, in seconds since 1970.
    added        bigint NOT NULL,
    -- When somebody last had it, in seconds of the tracker's own running time.
    seen         bigint NOT NULL,
    -- Tells that the row is as it was written.
    digest       bytea NOT NULL,
    -- The member who brought it in.
    owner        bigint
);

-- Apart from the facts, so that the facts can be read without it. It is compressed already.
CREATE TABLE metainfo (
    item    bigint PRIMARY KEY,
    torrent bytea NOT NULL,
    digest  bytea NOT NULL
);
ALTER TABLE metainfo ALTER COLUMN torrent SET STORAGE EXTERNAL;

-- A pool for members: who belongs to it, and what is allowed. In an open pool these tables stay empty. Moments are seconds since
-- 1970; numbers are never given again, so that the highest row of a number stays when it is gone.

CREATE TABLE member (
    id    bigint PRIMARY KEY,
    name  text NOT NULL,
    -- admin, member, reader, guest
    role  text NOT NULL,
    -- active, suspended, removed
    state text NOT NULL
);

CREATE TABLE device (
    key     bytea PRIMARY KEY,
    member  bigint NOT NULL,
    name    text NOT NULL,
    added   bigint NOT NULL,
    revoked boolean NOT NULL
);

CREATE TABLE groups_of_members (
    id   bigint PRIMARY KEY,
    name text NOT NULL,
    gone boolean NOT NULL DEFAULT false
);

CREATE TABLE in_group (
    group_id bigint NOT NULL,
    member   bigint NOT NULL,
    until    bigint,
    PRIMARY KEY (group_id, member)
);

CREATE TABLE invite (
    -- The SHA-256 of the code: nobody who reads this can use it.
    code      bytea PRIMARY KEY,
    made_by   bigint,
    role      text NOT NULL,
    group_ids bigint[] NOT NULL,
    device_of bigint,
    uses      bigint NOT NULL,
    expires   bigint NOT NULL
);

CREATE TABLE rule (
    id        bigint PRIMARY KEY,
    -- The info-hash of one item, or else a pattern of names, or else every item of the pool.
    info_hash bytea,
    name      text,
    -- see, get, give
    allows    text NOT NULL,
    -- The number of a role, a group or a member.
    subject   bigint NOT NULL,
    until     bigint,
    gone      boolean NOT NULL DEFAULT false
);

CREATE TABLE voided (
    key         bytea PRIMARY KEY,
    made_before bigint NOT NULL,
    expires     bigint NOT NULL
);

CREATE TABLE access (
    only_row boolean PRIMARY KEY CHECK (only_row),
    -- How often something has changed.
    epoch    bigint NOT NULL DEFAULT 0,
    -- Rules that ended by then were told of.
    swept    bigint NOT NULL DEFAULT 0,
    -- How many transactions about members were kept: what tells, after a connection broke, whether the last one was.
    written  bigint NOT NULL DEFAULT 0
);

-- Who changed what in a pool for members. Names are those of their time.
CREATE TABLE audit (
    -- Never given again, so that whoever reads on from one misses nothing.
    seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Seconds since 1970.
    at     bigint NOT NULL,
    actor  text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail text
);

CREATE INDEX audit_at ON audit (at);

-- How people get into a pool for members without a device's key.

CREATE TABLE password (
    member bigint PRIMARY KEY,
    -- A PHC string of Argon2id.
    hash   text NOT NULL
);

CREATE TABLE ticket (
    -- The SHA-256 of the secret: nobody who reads this can use it.
    secret  bytea PRIMARY KEY,
    member  bigint NOT NULL,
    -- What the browser calls itself, or what its owner calls the token.
    name    text NOT NULL,
    -- The SHA-256 of a session's cookie; none of a token.
    cookie  bytea,
    writes  boolean NOT NULL,
    made    bigint NOT NULL,
    expires bigint NOT NULL
);
