-- On what terms a grant counts beside its end, and grants that deny what they name.

ALTER TABLE grants ADD COLUMN idle_seconds BIGINT;
ALTER TABLE grants ADD COLUMN owner TEXT;
ALTER TABLE grants ADD COLUMN denied_at BIGINT;
-- Read whole wherever a question is asked, like the rules of central consent: they are few.
CREATE INDEX grants_denied ON grants (tenant, id) WHERE denied_at IS NOT NULL;
