-- The house: tenants, who administers them, clients, resources, grants, tokens, one-time marks, audit events, signing keys.
-- Portable text; on SQLite the driver writes INTEGER for BIGINT and makes each table STRICT, WITHOUT ROWID, on PostgreSQL it gives every TEXT the collation "C".

CREATE TABLE tenant (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  dpop_nonce TEXT NOT NULL,
  access_token_seconds BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tenant_issuer ON tenant (issuer);

CREATE TABLE administrator (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  reach TEXT NOT NULL,
  token_digest TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX administrator_token ON administrator (token_digest);

CREATE TABLE client (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  method TEXT NOT NULL,
  secret_digest TEXT,
  jwks TEXT,
  grant_types TEXT NOT NULL,
  token_algorithm TEXT,
  binding TEXT NOT NULL,
  introspects TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE client_use (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE resource (
  tenant TEXT NOT NULL,
  uri TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  token_algorithm TEXT,
  introspectors TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (tenant, uri)
);

CREATE TABLE grants (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  holder_kind TEXT NOT NULL,
  holder TEXT NOT NULL,
  subject TEXT,
  scope TEXT NOT NULL,
  audiences TEXT NOT NULL,
  depth BIGINT NOT NULL,
  expires_at BIGINT,
  parent TEXT,
  source_kind TEXT NOT NULL,
  source TEXT NOT NULL,
  revoked_at BIGINT,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
-- A token request reads what a holder has for itself and still counts; the grants that were revoked over the years must not lie in its way.
CREATE INDEX grants_holder ON grants (tenant, holder_kind, holder, subject, revoked_at, id);

CREATE TABLE token (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  client TEXT NOT NULL,
  audience TEXT NOT NULL,
  scope TEXT NOT NULL,
  key_thumbprint TEXT,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE mark_a (
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant, digest)
);

CREATE TABLE mark_b (
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant, digest)
);

CREATE TABLE event (
  stream TEXT NOT NULL,
  n BIGINT NOT NULL,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  actor TEXT,
  about TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (stream, n)
);

CREATE INDEX event_by_time ON event (tenant, at, stream, n);

CREATE TABLE signing_key (
  tenant TEXT NOT NULL,
  kid TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  active_from BIGINT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (tenant, kid)
);
CREATE UNIQUE INDEX signing_key_turn ON signing_key (tenant, algorithm, active_from);

CREATE TABLE installation (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (name)
);
