-- The info-hash of a hybrid's v1 form. It cannot be reckoned here: hybrids are forgotten, and their peers, who register
-- everything when they connect, bring them again.

ALTER TABLE item ADD COLUMN v1_form BLOB;
DELETE FROM item WHERE v1 IS NOT NULL AND v2 IS NOT NULL;
