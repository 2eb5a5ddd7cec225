-- A definition is kept once, under the SHA-256 of its text: executions and versions pin it, whatever comes after.
CREATE TABLE state_machine_definition (
  hash bytea PRIMARY KEY,
  content text NOT NULL
);

CREATE TABLE state_machine (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- null until the first update, as in AWS.
  revision_id text,
  definition_hash bytea NOT NULL REFERENCES state_machine_definition,
  role_arn text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- The number of the newest version ever published: numbers are not given again.
  newest_version bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account, name)
);

CREATE TABLE state_machine_version (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  revision_id text,
  definition_hash bytea NOT NULL REFERENCES state_machine_definition,
  role_arn text NOT NULL,
  description text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account, name, version),
  FOREIGN KEY (account, name) REFERENCES state_machine ON DELETE CASCADE
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

CREATE TABLE activity (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account, name)
);
