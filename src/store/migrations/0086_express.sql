ALTER TABLE state_machine
  ADD COLUMN type text NOT NULL DEFAULT 'STANDARD' CHECK (type IN ('STANDARD', 'EXPRESS'));
CREATE INDEX execution_express_by_stop ON execution (stopped_at)
  WHERE type = 'EXPRESS' AND map_run IS NULL AND stopped_at IS NOT NULL;
