-- Transitions of an execution that failed by a fault of the server, and until when the engine leaves it alone for that.
ALTER TABLE execution
  ADD COLUMN faults integer NOT NULL DEFAULT 0,
  ADD COLUMN retry_at timestamptz;
