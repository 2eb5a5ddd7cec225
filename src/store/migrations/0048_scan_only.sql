-- A node that is looked at and never changed, and an activation whose nodes are so from their first moment.
ALTER TABLE activation ADD COLUMN scan_only boolean NOT NULL DEFAULT false;
ALTER TABLE node ADD COLUMN scan_only boolean NOT NULL DEFAULT false;
CREATE INDEX node_scan_only ON node (account, instance_id) WHERE scan_only;
