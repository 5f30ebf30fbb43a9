-- Nodes of a pool for members.

-- The pool's root key: all nodes have the same.
ALTER TABLE pool ADD COLUMN root bytea;

-- How many transactions about members this node has kept: what tells, after its connection broke, whether its last one was.
ALTER TABLE node ADD COLUMN changes bigint NOT NULL DEFAULT 0;
