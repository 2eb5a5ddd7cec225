-- What was told of the compliance of a node, by type. Patch compliance is not here: it is judged from its inventory.
CREATE TABLE compliance (
  account text NOT NULL,
  resource_id text NOT NULL,
  compliance_type text COLLATE "C" NOT NULL,
  content_hash text,
  execution_time timestamptz NOT NULL,
  execution_id text,
  execution_type text,
  -- [{"id", "title", "severity", "status", "details", "execution": {"time", "id", "type"}}]
  items jsonb NOT NULL,
  -- {"COMPLIANT": {"CRITICAL": 1, …}, "NON_COMPLIANT": {…}}
  counts jsonb NOT NULL,
  PRIMARY KEY (account, resource_id, compliance_type)
);
