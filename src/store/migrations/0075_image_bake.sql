-- Which execution bakes a family now. It holds the family for as long as it runs, or until it gives it up.
CREATE TABLE image_bake (
  account text NOT NULL,
  family text COLLATE "C" NOT NULL,
  execution text NOT NULL,
  -- The data directory that its work folder is in, by an id of its own; null before the first step.
  place text,
  taken_at timestamptz NOT NULL,
  PRIMARY KEY (account, family)
);
CREATE INDEX image_bake_by_execution ON image_bake (execution);
