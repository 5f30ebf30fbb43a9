-- What tells that a row is as it was written: a disk that flips a byte must not speak for the pool. Rows from before have
-- none, and are believed.

ALTER TABLE item ADD COLUMN digest BLOB;
ALTER TABLE metainfo ADD COLUMN digest BLOB;
