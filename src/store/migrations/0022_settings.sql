-- Only settings that differ from their default have a row.
CREATE TABLE service_setting (
  account text NOT NULL,
  setting_id text NOT NULL,
  value text NOT NULL,
  modified_at timestamptz NOT NULL,
  modified_by text NOT NULL,
  PRIMARY KEY (account, setting_id)
);

CREATE TABLE resource_policy (
  account text NOT NULL,
  resource_arn text NOT NULL,
  policy_id uuid NOT NULL,
  policy text NOT NULL,
  policy_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account, resource_arn, policy_id)
);
