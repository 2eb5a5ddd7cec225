-- Definitions are those of migration 0060, by their hash: versions and executions pin them, whatever comes after.
CREATE TABLE state_machine (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- null until the first update, as in AWS.
  revision_id text,
  definition_hash text NOT NULL,
  role_arn text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- The number of the newest version ever published: numbers are not given again.
  newest_version bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account, name),
  FOREIGN KEY (account, definition_hash) REFERENCES workflow_definition (account, hash)
);

CREATE TABLE state_machine_version (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  revision_id text,
  definition_hash text NOT NULL,
  role_arn text NOT NULL,
  description text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account, name, version),
  FOREIGN KEY (account, name) REFERENCES state_machine ON DELETE CASCADE,
  FOREIGN KEY (account, definition_hash) REFERENCES workflow_definition (account, hash)
);

CREATE TABLE state_machine_alias (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  alias text COLLATE "C" NOT NULL,
  description text,
  -- One or two of {version, weight}; the weights add up to 100.
  routing jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account, name, alias),
  FOREIGN KEY (account, name) REFERENCES state_machine ON DELETE CASCADE
);
