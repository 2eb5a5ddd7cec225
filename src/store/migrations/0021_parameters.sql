-- Names are compared byte by byte, so that a path is one range of the index.
CREATE TABLE parameter (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  latest bigint NOT NULL,
  tier text NOT NULL,
  -- Of the Expiration policy: from then on the parameter is not there, whether or not it was swept already.
  expires_at timestamptz,
  PRIMARY KEY (account, name)
);
CREATE INDEX parameter_expiry ON parameter (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE parameter_version (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  type text NOT NULL CHECK (type IN ('String', 'StringList', 'SecureString')),
  -- UTF-8; sealed for a SecureString.
  value bytea NOT NULL,
  key_id text,
  description text,
  allowed_pattern text,
  tier text NOT NULL,
  -- A JSON list.
  policies text NOT NULL,
  data_type text NOT NULL,
  modified_at timestamptz NOT NULL,
  modified_by text NOT NULL,
  PRIMARY KEY (account, name, version),
  FOREIGN KEY (account, name) REFERENCES parameter ON DELETE CASCADE
);

CREATE TABLE parameter_label (
  account text NOT NULL,
  name text COLLATE "C" NOT NULL,
  label text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  -- A label is on one version of a parameter at the most.
  PRIMARY KEY (account, name, label),
  FOREIGN KEY (account, name, version) REFERENCES parameter_version ON DELETE CASCADE
);
CREATE INDEX parameter_label_version ON parameter_label (account, name, version);
