-- A distributed Map that runs: its children are executions of their own.
CREATE TABLE map_run (
  arn text PRIMARY KEY,
  account text NOT NULL,
  execution text NOT NULL REFERENCES execution (arn) ON DELETE CASCADE,
  -- The Map's scope in that execution.
  scope text COLLATE "C" NOT NULL,
  label text NOT NULL,
  plan text NOT NULL,
  status text NOT NULL CHECK (status IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED')),
  -- `read` and `write` wait for a task of the parent, `over` for the parent itself; `stop` ends the children.
  step text NOT NULL CHECK (step IN ('read', 'run', 'stop', 'over', 'write', 'ended')),
  max_concurrency integer NOT NULL,
  tolerated_count integer NOT NULL,
  tolerated_percentage double precision NOT NULL,
  children integer NOT NULL DEFAULT 0,
  items integer NOT NULL DEFAULT 0,
  begun integer NOT NULL DEFAULT 0,
  running integer NOT NULL DEFAULT 0,
  failed_items integer NOT NULL DEFAULT 0,
  are_results_written boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL,
  stopped_at timestamptz,
  redrives integer NOT NULL DEFAULT 0,
  redriven_at timestamptz,
  due_at timestamptz
);
CREATE INDEX map_run_due ON map_run (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX map_run_by_execution ON map_run (execution, started_at DESC, arn);

-- Inputs of children that have not begun.
CREATE TABLE map_run_input (
  map_run text NOT NULL REFERENCES map_run (arn) ON DELETE CASCADE,
  position integer NOT NULL,
  items integer NOT NULL,
  input text NOT NULL,
  PRIMARY KEY (map_run, position)
);

ALTER TABLE execution
  ADD COLUMN type text NOT NULL DEFAULT 'STANDARD' CHECK (type IN ('STANDARD', 'EXPRESS')),
  -- The machine of its definition that it runs: 0, or the item processor of a Map.
  ADD COLUMN machine integer NOT NULL DEFAULT 0,
  ADD COLUMN map_run text REFERENCES map_run (arn) ON DELETE CASCADE,
  ADD COLUMN map_position integer,
  ADD COLUMN map_items integer,
  -- What its map run knows of it: that it runs, that it has ended, that it is to run again.
  ADD COLUMN map_state text CHECK (map_state IN ('running', 'counted', 'redrive'));
CREATE UNIQUE INDEX execution_of_map_run ON execution (map_run, map_position) WHERE map_run IS NOT NULL;
CREATE INDEX execution_map_state ON execution (map_run, map_state) WHERE map_state IN ('running', 'redrive');
