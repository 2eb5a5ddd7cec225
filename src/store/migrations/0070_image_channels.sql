-- Images that may be pointed to: disks by their digest, AMIs by their id. The same bytes may belong to several families.
CREATE TABLE image (
  account text NOT NULL,
  family text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  registered_at timestamptz NOT NULL,
  registered_by text NOT NULL,
  -- From then on nothing may point to it: its files go, or are gone.
  pruned_at timestamptz,
  PRIMARY KEY (account, family, digest)
);
CREATE INDEX image_by_digest ON image (account, digest);

-- What an image was made from, whether that is registered or not.
CREATE TABLE image_parent (
  account text NOT NULL,
  digest text COLLATE "C" NOT NULL,
  parent text COLLATE "C" NOT NULL,
  PRIMARY KEY (account, digest, parent)
);
CREATE INDEX image_children ON image_parent (account, parent);

-- Of an image itself; those made from it are revoked with it. Nothing takes a row away.
CREATE TABLE image_revocation (
  account text NOT NULL,
  digest text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  revoked_at timestamptz NOT NULL,
  revoked_by text NOT NULL,
  PRIMARY KEY (account, digest)
);

CREATE TABLE image_channel (
  account text NOT NULL,
  family text COLLATE "C" NOT NULL,
  channel text NOT NULL CHECK (channel IN ('candidate', 'staging', 'gold')),
  version bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  moved_at timestamptz NOT NULL,
  moved_by text NOT NULL,
  PRIMARY KEY (account, family, channel),
  FOREIGN KEY (account, family, digest) REFERENCES image
);

-- Every move of a channel, numbered without a gap.
CREATE TABLE image_channel_move (
  account text NOT NULL,
  family text COLLATE "C" NOT NULL,
  channel text NOT NULL,
  version bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  previous text COLLATE "C",
  -- registered, promoted, or went back because the one before was revoked.
  reason text NOT NULL CHECK (reason IN ('registered', 'promoted', 'revoked')),
  moved_at timestamptz NOT NULL,
  moved_by text NOT NULL,
  -- Of the request that moved it: the same one again moves nothing.
  client_token text,
  PRIMARY KEY (account, family, channel, version)
);
CREATE UNIQUE INDEX image_channel_move_once ON image_channel_move (account, family, channel, client_token)
  WHERE client_token IS NOT NULL;
