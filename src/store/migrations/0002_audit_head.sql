-- The end of each account's audit log: entries are chained under its row lock, and a cut at the end shows.
CREATE TABLE audit_head (
  account text PRIMARY KEY,
  sequence bigint NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);

-- Secrets that every server of one database shares and that never leave it.
CREATE TABLE store_secret (
  name text PRIMARY KEY,
  value bytea NOT NULL
);
-- Two random UUIDs carry 244 random bits; core PostgreSQL has no other source of them.
INSERT INTO store_secret (name, value)
VALUES ('page-token', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
