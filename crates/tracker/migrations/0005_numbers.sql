-- Items are found by their number alone. An index over hashes, which come in no order, has a page written for nearly every
-- item; the tracker keeps the numbers of all items in memory instead. `added` is a date now.

CREATE TABLE item_by_number (
    id           INTEGER PRIMARY KEY,
    v1           BLOB,
    v2           BLOB,
    name         TEXT NOT NULL,
    is_folder    INTEGER NOT NULL,
    length       INTEGER NOT NULL,
    piece_length INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    files        INTEGER NOT NULL,
    private      INTEGER NOT NULL,
    root         BLOB,
    v1_form      BLOB,
    -- When it became known, in seconds since 1970; 0 when that was not recorded.
    added        INTEGER NOT NULL,
    -- When somebody last had it, in seconds of the tracker's own running time.
    seen         INTEGER NOT NULL,
    digest       BLOB,
    CHECK (v1 IS NOT NULL OR v2 IS NOT NULL)
) STRICT;

INSERT INTO item_by_number
SELECT id, v1, v2, name, is_folder, length, piece_length, pieces, files, private, root, v1_form, 0, seen, digest
FROM item ORDER BY id;

DROP TABLE item;
ALTER TABLE item_by_number RENAME TO item;

-- Releases before this one counted migrations here.
DROP TABLE IF EXISTS _sqlx_migrations;
