-- Commands, and what becomes of each on each node. All that an engine must know is here: any server goes on with it.
CREATE TABLE command (
  account text NOT NULL,
  command_id text NOT NULL,
  requested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  document_name text NOT NULL,
  document_version text NOT NULL,
  -- As it was when the command was sent.
  document jsonb NOT NULL,
  parameters jsonb NOT NULL,
  -- The name of the procedure that the server itself leads through several messages; null for a document that the agent runs.
  orchestration text,
  -- What the agents get; null where an orchestration writes its own messages.
  payload text,
  instance_ids jsonb NOT NULL,
  targets jsonb NOT NULL,
  max_concurrency text NOT NULL,
  max_errors text NOT NULL,
  timeout_seconds integer NOT NULL,
  execution_seconds integer NOT NULL,
  -- Members of SendCommand that are kept and given back: Comment, OutputS3…, NotificationConfig, ….
  request jsonb NOT NULL,
  status text NOT NULL,
  status_details text NOT NULL,
  target_count integer NOT NULL,
  completed_count integer NOT NULL DEFAULT 0,
  error_count integer NOT NULL DEFAULT 0,
  delivery_timed_out_count integer NOT NULL DEFAULT 0,
  cancel_requested_at timestamptz,
  completed_at timestamptz,
  -- When the engine has to look again, whatever the nodes tell until then.
  due_at timestamptz NOT NULL,
  PRIMARY KEY (account, command_id)
);
CREATE INDEX command_by_age ON command (account, requested_at, command_id);
CREATE INDEX command_due ON command (due_at) WHERE completed_at IS NULL;

CREATE TABLE invocation (
  account text NOT NULL,
  command_id text NOT NULL,
  instance_id text NOT NULL,
  -- The order in which the nodes get the command.
  position integer NOT NULL,
  requested_at timestamptz NOT NULL,
  instance_name text NOT NULL,
  stage text NOT NULL CHECK (stage IN ('waiting', 'active', 'done')),
  status text NOT NULL,
  status_details text NOT NULL,
  -- Waiting ones are not handed out before this.
  retry_at timestamptz,
  handed_out_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  cancel_requested_at timestamptz,
  trace text NOT NULL DEFAULT '',
  -- Of an orchestrated one: its state, its messages so far, the server that leads it, and what it shows as steps.
  is_orchestrated boolean NOT NULL,
  messages integer NOT NULL DEFAULT 0,
  leader text,
  leader_until timestamptz,
  plugins jsonb,
  PRIMARY KEY (account, command_id, instance_id),
  FOREIGN KEY (account, command_id) REFERENCES command (account, command_id) ON DELETE CASCADE
);
CREATE INDEX invocation_waiting ON invocation (account, command_id, position) WHERE stage = 'waiting';
CREATE INDEX invocation_active ON invocation (account, command_id) WHERE stage = 'active';
CREATE INDEX invocation_to_lead ON invocation (leader_until) WHERE stage = 'active' AND is_orchestrated;
CREATE INDEX invocation_by_node ON invocation (account, instance_id, requested_at);
