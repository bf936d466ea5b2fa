-- People: who signs in and by what, their browser sessions, what they and the organisation said yes to, codes and lines of refresh tokens, and clients that nobody registered.
-- Portable text; on SQLite the driver writes INTEGER for BIGINT and makes each table STRICT, WITHOUT ROWID, on PostgreSQL it gives every TEXT the collation "C".

ALTER TABLE client ADD COLUMN registration_kind TEXT NOT NULL DEFAULT 'administrator';
ALTER TABLE client ADD COLUMN registration TEXT;
ALTER TABLE client ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN application_type TEXT;
ALTER TABLE client ADD COLUMN uri TEXT;
ALTER TABLE client ADD COLUMN scope TEXT;
ALTER TABLE client ADD COLUMN unused_until BIGINT;
ALTER TABLE client ADD COLUMN basis TEXT NOT NULL DEFAULT '';
-- Counted at each registration, and swept when their time is over.
CREATE INDEX client_unused ON client (tenant, registration_kind, unused_until) WHERE unused_until IS NOT NULL;

ALTER TABLE resource ADD COLUMN implied TEXT NOT NULL DEFAULT '{}';

ALTER TABLE tenant ADD COLUMN client_documents TEXT NOT NULL DEFAULT 'accepted';
ALTER TABLE tenant ADD COLUMN registration TEXT NOT NULL DEFAULT 'off';
ALTER TABLE tenant ADD COLUMN binding TEXT NOT NULL DEFAULT 'when_proved';

-- What a person or the organisation gave and did not take back. Each authorization of it is a child, and there is a child for every sign-in of every installation: they must not lie in the way.
CREATE INDEX grants_root ON grants (tenant, subject, revoked_at, id) WHERE parent IS NULL AND subject IS NOT NULL;
CREATE INDEX grants_root_holder ON grants (tenant, subject, holder_kind, holder, revoked_at, id) WHERE parent IS NULL AND subject IS NOT NULL;
CREATE INDEX grants_subject ON grants (tenant, subject, id) WHERE subject IS NOT NULL;
CREATE INDEX grants_parent ON grants (tenant, parent, id) WHERE parent IS NOT NULL;

CREATE TABLE grant_use (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE user_account (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  login TEXT NOT NULL,
  profile TEXT NOT NULL,
  memberships TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX user_account_login ON user_account (tenant, login);

CREATE TABLE user_group (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE password (
  tenant TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, user_id)
);

CREATE TABLE passkey (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  credential TEXT NOT NULL,
  public_key TEXT NOT NULL,
  counter BIGINT NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX passkey_credential ON passkey (tenant, credential);
CREATE INDEX passkey_user ON passkey (tenant, user_id, id);

CREATE TABLE recovery_code (
  tenant TEXT NOT NULL,
  user_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  code_set TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (tenant, user_id, digest)
);

CREATE TABLE browser_session (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  user_id TEXT NOT NULL,
  method TEXT NOT NULL,
  authenticated_at BIGINT NOT NULL,
  agent TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX browser_session_digest ON browser_session (tenant, digest);
CREATE INDEX browser_session_user ON browser_session (tenant, user_id, ended_at, id);
CREATE INDEX browser_session_expiry ON browser_session (tenant, expires_at);
CREATE INDEX browser_session_ended ON browser_session (tenant, ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE authorization_code (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  request TEXT NOT NULL,
  client TEXT NOT NULL,
  user_id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  audience TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL,
  key_thumbprint TEXT,
  authenticated_at BIGINT NOT NULL,
  method TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  redeemed TEXT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX authorization_code_request ON authorization_code (tenant, request);

CREATE TABLE refresh_family (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  client TEXT NOT NULL,
  key_thumbprint TEXT,
  authenticated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  turned_at BIGINT NOT NULL,
  request TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX refresh_family_grant ON refresh_family (tenant, grant_id);

CREATE TABLE consent_rule (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  client_kind TEXT NOT NULL,
  client TEXT,
  scope TEXT,
  resource TEXT,
  group_id TEXT,
  effect TEXT NOT NULL,
  by_administrator TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
-- Read backwards: what is forbidden comes first, whatever else there is.
CREATE INDEX consent_rule_effect ON consent_rule (tenant, effect, id);
