-- The token of the last redrive: who asks with it again gets the same answer.
ALTER TABLE execution ADD COLUMN redrive_token text;
