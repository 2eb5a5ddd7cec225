-- What the server fetched for a command, once: every node of it, and whoever leads its runs later, gets the same text.
CREATE TABLE command_file (
  account text NOT NULL,
  command_id text NOT NULL,
  parameter text NOT NULL,
  content text NOT NULL,
  fetched_at timestamptz NOT NULL,
  PRIMARY KEY (account, command_id, parameter),
  FOREIGN KEY (account, command_id) REFERENCES command (account, command_id) ON DELETE CASCADE
);
