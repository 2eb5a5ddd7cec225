-- Tasks of state machines that wait for somebody's word about an image.
CREATE TABLE image_approval (
  account text NOT NULL,
  id text COLLATE "C" NOT NULL,
  family text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  channel text NOT NULL CHECK (channel IN ('candidate', 'staging', 'gold')),
  token text NOT NULL,
  execution text NOT NULL,
  message text NOT NULL,
  requested_at timestamptz NOT NULL,
  requested_by text NOT NULL,
  expires_at timestamptz NOT NULL,
  -- approved or rejected by somebody; expired; withdrawn: the task ended otherwise; revoked: the image was.
  decision text CHECK (decision IN ('approved', 'rejected', 'expired', 'withdrawn', 'revoked')),
  decided_at timestamptz,
  decided_by text,
  comment text,
  PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX image_approval_token ON image_approval (token);
CREATE INDEX image_approval_open ON image_approval (expires_at) WHERE decision IS NULL;
CREATE INDEX image_approval_newest ON image_approval (account, requested_at DESC, id);

-- Which execution rolls which image out.
CREATE TABLE image_rollout (
  account text NOT NULL,
  execution text NOT NULL,
  family text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  target text NOT NULL,
  started_at timestamptz NOT NULL,
  started_by text NOT NULL,
  PRIMARY KEY (account, execution)
);
CREATE INDEX image_rollout_newest ON image_rollout (account, started_at DESC, execution);
