-- OpenID Connect and what OAuth clients of banks want: further client metadata, who was there when a yes was given, pushed requests, and which app knows of which browser session.

ALTER TABLE client ADD COLUMN jwks_uri TEXT;
-- What a client says beyond plain OAuth, in the words of the registries, as JSON.
ALTER TABLE client ADD COLUMN further TEXT NOT NULL DEFAULT '{}';

ALTER TABLE tenant ADD COLUMN security_profile TEXT NOT NULL DEFAULT 'baseline';
ALTER TABLE tenant ADD COLUMN pushed_requests TEXT NOT NULL DEFAULT 'accepted';
ALTER TABLE tenant ADD COLUMN pkce TEXT NOT NULL DEFAULT 'always';

-- By which browser session a yes was given; unknown for codes and lines from before.
ALTER TABLE authorization_code ADD COLUMN browser_session TEXT;
ALTER TABLE authorization_code ADD COLUMN nonce TEXT;
ALTER TABLE authorization_code ADD COLUMN id_claims TEXT NOT NULL DEFAULT '';
ALTER TABLE refresh_family ADD COLUMN browser_session TEXT;
-- The attested instance that a line was given to.
ALTER TABLE refresh_family ADD COLUMN instance TEXT;
ALTER TABLE refresh_family ADD COLUMN method TEXT NOT NULL DEFAULT 'password';

-- In the order of their ids, which is the order of their times. The request is what the page would carry.
CREATE TABLE pushed_request (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  client TEXT NOT NULL,
  request TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

-- Which app was told of which browser session: those that want to hear of its end (OpenID Connect Back-Channel Logout s2.5).
CREATE TABLE relying_party (
  tenant TEXT NOT NULL,
  browser_session TEXT NOT NULL,
  client TEXT NOT NULL,
  user_id TEXT NOT NULL,
  told_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  next_try_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, browser_session, client)
);
CREATE INDEX relying_party_told ON relying_party (tenant, told_at);
