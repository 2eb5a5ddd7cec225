-- Messages of a led invocation that are sent at most once, by the name of what they are for: a server that takes the lead
-- over waits for the end of such a message and does not send it again.
CREATE TABLE led_message (
  account text NOT NULL,
  command_id text NOT NULL,
  instance_id text NOT NULL,
  name text NOT NULL,
  message_id text NOT NULL,
  PRIMARY KEY (account, command_id, instance_id, name),
  FOREIGN KEY (account, command_id, instance_id) REFERENCES invocation (account, command_id, instance_id) ON DELETE CASCADE
);
-- Documents that an orchestration runs on its nodes, by the step that runs them, found and rendered when the command was sent.
ALTER TABLE command ADD COLUMN hooks jsonb;
