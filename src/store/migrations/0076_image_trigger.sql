-- What starts a bake by itself.
CREATE TABLE image_trigger (
  account text NOT NULL,
  id text COLLATE "C" NOT NULL,
  region text NOT NULL,
  family text COLLATE "C" NOT NULL,
  -- {Kind, …}: when.
  condition jsonb NOT NULL,
  -- What StartImageBake is asked for then.
  request jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  -- When it was last looked at, and what that came to, for people.
  looked_at timestamptz,
  outcome text,
  -- The execution that it started last.
  execution text,
  PRIMARY KEY (account, id)
);

-- Each firing by what it was for: it is written in the transaction that starts the bake, so none starts twice.
CREATE TABLE image_trigger_firing (
  account text NOT NULL,
  trigger_id text COLLATE "C" NOT NULL,
  slot text COLLATE "C" NOT NULL,
  fired_at timestamptz NOT NULL,
  execution text NOT NULL,
  PRIMARY KEY (account, trigger_id, slot),
  FOREIGN KEY (account, trigger_id) REFERENCES image_trigger ON DELETE CASCADE
);
