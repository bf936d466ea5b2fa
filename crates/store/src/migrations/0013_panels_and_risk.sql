-- Questions to several groups are looked for by their members; and grants that are revoked when policies refuse something under them for what is unusual, and that are a yes for one time.

CREATE INDEX approval_by_kind ON approval (tenant, whom_kind, id);
ALTER TABLE grants ADD COLUMN falls_at_risk BIGINT;
ALTER TABLE grants ADD COLUMN gives_once BIGINT;
