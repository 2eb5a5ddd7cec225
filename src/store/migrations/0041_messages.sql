-- What the server has for a node to do, until the node has told what became of it.

-- One text for all the nodes of a command.
CREATE TABLE message_payload (
  account text NOT NULL,
  hash bytea NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (account, hash)
);

CREATE TABLE message (
  account text NOT NULL,
  message_id text NOT NULL,
  -- The order in which a node gets its messages.
  sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  instance_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('send', 'cancel')),
  command_id text NOT NULL,
  -- Of the messages of one invocation, from 0.
  ordinal integer NOT NULL,
  payload_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  deliver_by timestamptz NOT NULL,
  execution_seconds integer NOT NULL,
  -- Given out from here on; each delivery moves it.
  visible_at timestamptz NOT NULL,
  deliveries integer NOT NULL DEFAULT 0,
  -- The first sign that the node has it: an acknowledgement or a reply.
  started_at timestamptz,
  -- The node's last word, while results of some of the steps that it counts are still on their way.
  told_at timestamptz,
  told_outcome text,
  told_steps integer,
  ended_at timestamptz,
  outcome text,
  trace text NOT NULL DEFAULT '',
  -- Set with everything that the command must hear of, cleared when it has.
  changed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account, message_id),
  FOREIGN KEY (account, payload_hash) REFERENCES message_payload (account, hash),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX message_open ON message (account, instance_id, sequence) WHERE ended_at IS NULL;
CREATE INDEX message_changed ON message (account, command_id) WHERE changed;
CREATE INDEX message_of_invocation ON message (account, command_id, instance_id, ordinal);
CREATE INDEX message_by_payload ON message (account, payload_hash);

CREATE TABLE message_step (
  account text NOT NULL,
  message_id text NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  code integer NOT NULL,
  plugin text NOT NULL,
  output text NOT NULL,
  standard_output text NOT NULL,
  standard_error text NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  -- By the clock of the node.
  reported_at timestamptz NOT NULL,
  PRIMARY KEY (account, message_id, name),
  FOREIGN KEY (account, message_id) REFERENCES message (account, message_id) ON DELETE CASCADE
);
