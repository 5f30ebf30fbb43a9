-- Times are seconds of the tracker's own running time from now on: a wrong clock forgets nothing.

ALTER TABLE tracker ADD COLUMN age INTEGER NOT NULL DEFAULT 0;
UPDATE item SET added = 0, seen = 0;
