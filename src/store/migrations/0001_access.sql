-- Who may call, and what they changed.
CREATE TABLE access_key (
  access_key_id text PRIMARY KEY,
  account text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'operator', 'viewer', 'node')),
  -- Encrypted with the key file of the data directory (AES-256-GCM); never in clear in the database.
  secret bytea NOT NULL,
  -- For temporary credentials of a node: its id, the session token's SHA-256, and their end.
  instance_id text,
  session_token_hash bytea,
  expires_at timestamptz,
  revoked_at timestamptz,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX access_key_expiry ON access_key (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE audit_entry (
  account text NOT NULL,
  sequence bigint NOT NULL,
  at timestamptz NOT NULL,
  principal text NOT NULL,
  source_ip text NOT NULL,
  service text NOT NULL,
  operation text NOT NULL,
  request_id text NOT NULL,
  -- The input with every secret member taken out.
  input jsonb NOT NULL,
  -- `ok`, or the error's code.
  result text NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (account, sequence)
);

-- Append-only: not even a mistake of ours changes what was recorded.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
