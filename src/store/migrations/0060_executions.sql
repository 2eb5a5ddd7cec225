-- Definitions by their content: an execution keeps the one that it was started with.
CREATE TABLE workflow_definition (
  account text NOT NULL,
  hash text NOT NULL,
  definition text NOT NULL,
  PRIMARY KEY (account, hash)
);

CREATE TABLE execution (
  arn text PRIMARY KEY,
  account text NOT NULL,
  region text NOT NULL,
  name text NOT NULL,
  state_machine_arn text NOT NULL,
  state_machine_name text NOT NULL,
  version_arn text,
  alias_arn text,
  role_arn text NOT NULL,
  definition_hash text NOT NULL,
  -- JSON text, or {"blob": hash} where it is large; the same with every payload below.
  input text NOT NULL,
  output text,
  error text,
  cause text,
  status text NOT NULL CHECK (status IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED')),
  started_at timestamptz NOT NULL,
  stopped_at timestamptz,
  -- TimeoutSeconds of the state machine.
  timeout_at timestamptz,
  redrives integer NOT NULL DEFAULT 0,
  redriven_at timestamptz,
  last_event integer NOT NULL,
  turn integer NOT NULL,
  -- When there is something to do; null where only a task can tell.
  due_at timestamptz,
  FOREIGN KEY (account, definition_hash) REFERENCES workflow_definition (account, hash)
);
CREATE INDEX execution_due ON execution (due_at) WHERE status = 'RUNNING' AND due_at IS NOT NULL;
CREATE INDEX execution_by_machine ON execution (account, state_machine_arn, started_at DESC, arn);
CREATE INDEX execution_by_stop ON execution (stopped_at) WHERE stopped_at IS NOT NULL;

-- The execution itself, its branches and iterations.
CREATE TABLE execution_scope (
  execution text NOT NULL REFERENCES execution (arn) ON DELETE CASCADE,
  id text COLLATE "C" NOT NULL,
  parent text COLLATE "C",
  position integer NOT NULL,
  phase text NOT NULL,
  turn integer NOT NULL,
  wake_at timestamptz,
  body text NOT NULL,
  PRIMARY KEY (execution, id)
);
CREATE INDEX execution_scope_children ON execution_scope (execution, parent) WHERE parent IS NOT NULL;

CREATE TABLE execution_event (
  execution text NOT NULL REFERENCES execution (arn) ON DELETE CASCADE,
  id integer NOT NULL,
  previous integer NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL,
  member text,
  details text,
  PRIMARY KEY (execution, id)
);

-- A payload above 64 KiB, once in an execution.
CREATE TABLE execution_blob (
  execution text NOT NULL REFERENCES execution (arn) ON DELETE CASCADE,
  hash text NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (execution, hash)
);

-- Tasks that have not ended.
CREATE TABLE execution_task (
  execution text NOT NULL REFERENCES execution (arn) ON DELETE CASCADE,
  id text COLLATE "C" NOT NULL,
  account text NOT NULL,
  scope text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('activity', 'request', 'sync', 'token')),
  resource text NOT NULL,
  input text NOT NULL,
  token text UNIQUE,
  scheduled_at timestamptz NOT NULL,
  -- Of an activity: a worker has it. Of a task that waits for its token: the request is done.
  taken_at timestamptz,
  -- The server that does it, and until when nobody else may.
  leader text,
  leader_until timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (execution, id)
);
CREATE INDEX execution_task_to_run ON execution_task (leader_until NULLS FIRST, scheduled_at)
  WHERE kind <> 'activity' AND taken_at IS NULL;
CREATE INDEX execution_task_of_activity ON execution_task (resource, scheduled_at) WHERE kind = 'activity' AND taken_at IS NULL;

CREATE TABLE activity (
  arn text PRIMARY KEY,
  account text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL
);
