-- What is usual for those who act, in tenants whose policies look at it: at which hours, how often, and the largest amounts. Kept for thirty days.

CREATE TABLE habit (
  tenant TEXT NOT NULL,
  principal TEXT NOT NULL,
  person TEXT NOT NULL,
  what TEXT NOT NULL,
  slot BIGINT NOT NULL,
  value BIGINT NOT NULL,
  keep_until BIGINT NOT NULL,
  PRIMARY KEY (tenant, principal, person, what, slot)
);
CREATE INDEX habit_by_end ON habit (tenant, keep_until);
