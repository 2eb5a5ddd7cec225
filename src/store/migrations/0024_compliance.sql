-- What was told of the compliance of a node, by type. Patch compliance is not here: it is judged from its inventory.
CREATE TABLE compliance (
  account text NOT NULL,
  resource_id text NOT NULL,
  compliance_type text COLLATE "C" NOT NULL,
  content_hash text,
  execution_time timestamptz NOT NULL,
  execution_id text,
  execution_type text,
  -- The items with what executed each: those of one association are told without those of others.
  items jsonb NOT NULL,
  -- {"COMPLIANT": {"CRITICAL": 1, …}, "NON_COMPLIANT": {…}}
  counts jsonb NOT NULL,
  -- Of all items; NULL where there are none.
  status text CHECK (status IN ('COMPLIANT', 'NON_COMPLIANT')),
  -- The highest among the items that are not compliant.
  severity text NOT NULL,
  PRIMARY KEY (account, resource_id, compliance_type)
);
CREATE INDEX compliance_by_type ON compliance (account, compliance_type, resource_id);
