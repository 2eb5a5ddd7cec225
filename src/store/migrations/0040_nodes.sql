-- Managed nodes and the activations that they register with.
CREATE TABLE activation (
  account text NOT NULL,
  activation_id text NOT NULL,
  -- SHA-256 of the code, which is random and shown once.
  code_hash bytea NOT NULL,
  description text,
  default_instance_name text,
  iam_role text NOT NULL,
  registration_limit integer NOT NULL,
  registrations_count integer NOT NULL DEFAULT 0 CHECK (registrations_count <= registration_limit),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  -- [{"Key", "Value"}]: given to every node that registers.
  tags jsonb NOT NULL,
  PRIMARY KEY (account, activation_id)
);
-- A node that registers knows no account: the activation tells it.
CREATE UNIQUE INDEX activation_by_id ON activation (activation_id);

CREATE TABLE node (
  account text NOT NULL,
  instance_id text NOT NULL,
  activation_id text NOT NULL,
  name text,
  iam_role text NOT NULL,
  registered_at timestamptz NOT NULL,
  fingerprint text NOT NULL,
  -- DER SubjectPublicKeyInfo.
  public_key bytea NOT NULL,
  -- The last heartbeat and what it told; null until the first.
  last_ping_at timestamptz,
  agent_name text,
  agent_version text,
  platform_type text,
  platform_name text,
  platform_version text,
  ip_address text,
  computer_name text,
  availability_zone text,
  availability_zone_id text,
  connection_channel text,
  PRIMARY KEY (account, instance_id)
);
CREATE UNIQUE INDEX node_by_id ON node (instance_id);
CREATE INDEX node_by_age ON node (account, registered_at, instance_id);
CREATE INDEX node_by_activation ON node (activation_id);
