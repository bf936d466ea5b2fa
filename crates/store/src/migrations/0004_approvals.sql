-- Questions to people and their answers; who is asked when a machine wants more than it was given; what a tenant offers of it.

ALTER TABLE client ADD COLUMN approvers TEXT;
ALTER TABLE client ADD COLUMN approval_quorum BIGINT;

ALTER TABLE tenant ADD COLUMN device_grant TEXT NOT NULL DEFAULT 'on';
ALTER TABLE tenant ADD COLUMN deferred TEXT NOT NULL DEFAULT 'on';

-- In the order of their ids, which is the order of their times. What is asked and what was answered are JSON: the machine reads and writes them.
CREATE TABLE approval (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  door TEXT NOT NULL,
  authorization_grant TEXT,
  client TEXT NOT NULL,
  key_thumbprint TEXT,
  asks TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  whom_kind TEXT NOT NULL,
  whom TEXT NOT NULL,
  quorum BIGINT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL,
  user_code_digest TEXT,
  interval_seconds BIGINT NOT NULL,
  started_from TEXT,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  -- While it waits for people, and no longer: what makes it the same as another question, and its places among those of its client and of everybody. No two rows share
  -- one, so nobody is asked the same twice or too much at once, whoever races.
  twin TEXT,
  place_of_client BIGINT,
  place_of_whom BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX approval_user_code ON approval (tenant, user_code_digest);
CREATE UNIQUE INDEX approval_twin ON approval (tenant, twin);
CREATE UNIQUE INDEX approval_of_client ON approval (tenant, whom_kind, whom, client, place_of_client);
CREATE UNIQUE INDEX approval_of_whom ON approval (tenant, whom_kind, whom, place_of_whom);
CREATE INDEX approval_asked ON approval (tenant, whom_kind, whom, id);
