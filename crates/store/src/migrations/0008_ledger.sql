-- The ledger: uses of capabilities, appended and never changed; and the rows that limits are read from, written with them.

CREATE TABLE ledger (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  capability TEXT NOT NULL,
  units BIGINT NOT NULL,
  amount BIGINT,
  currency TEXT,
  budgets TEXT NOT NULL,
  client TEXT NOT NULL,
  booked_by TEXT NOT NULL,
  token TEXT,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX ledger_by_grant ON ledger (tenant, grant_id, at, id);
CREATE INDEX ledger_by_end ON ledger (tenant, expires_at);

CREATE TABLE budget (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  executions BIGINT NOT NULL,
  day BIGINT NOT NULL,
  day_count BIGINT NOT NULL,
  minute BIGINT NOT NULL,
  minute_count BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  turn BIGINT NOT NULL,
  pace TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE budget_amount (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  currency TEXT NOT NULL,
  day BIGINT NOT NULL,
  spent BIGINT NOT NULL,
  PRIMARY KEY (tenant, id, currency)
);
