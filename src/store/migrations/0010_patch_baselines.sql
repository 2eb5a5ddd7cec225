-- Patch baselines and what they are chosen by. Predefined ones are part of the program and in no table: ids here may
-- name one of them, which is why they are no foreign keys.
CREATE TABLE patch_baseline (
  account text NOT NULL,
  baseline_id text NOT NULL,
  name text NOT NULL,
  operating_system text NOT NULL,
  -- The whole baseline in AWS's field names.
  content jsonb NOT NULL,
  -- SHA-256 of the client's token, and of the request that came with it.
  client_token_hash bytea,
  request_hash bytea,
  created_at timestamptz NOT NULL,
  modified_at timestamptz NOT NULL,
  PRIMARY KEY (account, baseline_id)
);
CREATE UNIQUE INDEX patch_baseline_token ON patch_baseline (account, client_token_hash);

CREATE TABLE patch_group (
  account text NOT NULL,
  patch_group text NOT NULL,
  operating_system text NOT NULL,
  baseline_id text NOT NULL,
  registered_at timestamptz NOT NULL,
  PRIMARY KEY (account, patch_group, operating_system)
);
CREATE INDEX patch_group_baseline ON patch_group (account, baseline_id);
CREATE INDEX patch_group_order ON patch_group (account, registered_at, patch_group, operating_system);

CREATE TABLE default_patch_baseline (
  account text NOT NULL,
  operating_system text NOT NULL,
  baseline_id text NOT NULL,
  PRIMARY KEY (account, operating_system)
);

-- A baseline frozen under an id, so that all nodes of a run are judged alike. No patch group: ''.
CREATE TABLE patch_snapshot (
  account text NOT NULL,
  patch_group text NOT NULL,
  operating_system text NOT NULL,
  snapshot_id text NOT NULL,
  baseline jsonb NOT NULL,
  -- NULL: the baseline came with the call.
  created_at timestamptz,
  modified_at timestamptz,
  frozen_at timestamptz NOT NULL,
  PRIMARY KEY (account, patch_group, operating_system, snapshot_id)
);
CREATE INDEX patch_snapshot_age ON patch_snapshot (frozen_at);

-- Addresses of snapshots that were given out; only the hash of what makes them unguessable is kept.
CREATE TABLE patch_snapshot_link (
  account text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  patch_group text NOT NULL,
  operating_system text NOT NULL,
  snapshot_id text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account, token_hash)
);
CREATE INDEX patch_snapshot_link_expiry ON patch_snapshot_link (expires_at);
