-- The last content of each type that a node told. What the heartbeat tells (AWS:InstanceInformation) is in `node`.
CREATE TABLE inventory_item (
  account text NOT NULL,
  instance_id text NOT NULL,
  type_name text COLLATE "C" NOT NULL,
  schema_version text NOT NULL,
  -- As the node wrote it: yyyy-MM-ddTHH:mm:ssZ.
  capture_time text NOT NULL,
  -- The node's own; NULL where it sent none.
  content_hash text,
  context jsonb,
  -- A list of flat objects of text.
  content jsonb NOT NULL,
  -- Of the content as JSON.
  bytes integer NOT NULL,
  PRIMARY KEY (account, instance_id, type_name)
);
CREATE INDEX inventory_item_type ON inventory_item (account, type_name, instance_id);

-- Types that users made.
CREATE TABLE inventory_schema (
  account text NOT NULL,
  type_name text COLLATE "C" NOT NULL,
  version text NOT NULL,
  attributes text[] NOT NULL,
  -- Content of this version and of older ones is not taken.
  disabled_version text,
  PRIMARY KEY (account, type_name)
);

CREATE TABLE inventory_deletion (
  account text NOT NULL,
  deletion_id uuid NOT NULL,
  type_name text NOT NULL,
  client_token text,
  schema_delete_option text,
  started_at timestamptz NOT NULL,
  -- [{"Version", "Count"}]
  summary jsonb NOT NULL,
  PRIMARY KEY (account, deletion_id)
);
CREATE UNIQUE INDEX inventory_deletion_token ON inventory_deletion (account, client_token);
