-- Policies and capabilities: each version as a whole, and the one that counts.

CREATE TABLE policy_set (
  tenant TEXT NOT NULL,
  version BIGINT NOT NULL,
  policies TEXT NOT NULL,
  own_schema TEXT,
  capabilities TEXT NOT NULL,
  entities TEXT NOT NULL,
  applied_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, version)
);

ALTER TABLE tenant ADD COLUMN policy_version BIGINT NOT NULL DEFAULT 0;
