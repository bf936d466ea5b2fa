-- Questions to several groups are looked for by their members.
CREATE INDEX approval_by_kind ON approval (tenant, whom_kind, id);
