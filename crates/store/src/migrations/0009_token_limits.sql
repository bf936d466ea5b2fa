-- How often a token may be used for what, where that is limited for it alone: as grants keep their powers.

ALTER TABLE token ADD COLUMN powers TEXT NOT NULL DEFAULT '[]';
