-- Authorization details (RFC 9396): the types that a tenant registered, and what was granted of them, in its one form.

CREATE TABLE detail_type (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  words TEXT NOT NULL,
  body_schema TEXT NOT NULL,
  narrowing TEXT NOT NULL,
  basis TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

ALTER TABLE grants ADD COLUMN details TEXT NOT NULL DEFAULT '';
ALTER TABLE authorization_code ADD COLUMN details TEXT NOT NULL DEFAULT '';
