-- SSM documents of the accounts; those that come with the program are files.
CREATE TABLE document (
  account text NOT NULL,
  name text NOT NULL,
  document_type text NOT NULL,
  default_version integer NOT NULL,
  latest_version integer NOT NULL,
  -- The highest number that was ever given: a version that is deleted does not come back with another content.
  last_version integer NOT NULL,
  author text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account, name)
);

CREATE TABLE document_version (
  account text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  version_name text,
  display_name text,
  target_type text,
  document_format text NOT NULL CHECK (document_format IN ('JSON', 'YAML', 'TEXT')),
  content text NOT NULL,
  -- SHA-256 of the content, in hexadecimal.
  hash text NOT NULL,
  schema_version text,
  platform_types text[] NOT NULL,
  requires jsonb NOT NULL,
  author text NOT NULL,
  created_at timestamptz NOT NULL,
  review_status text,
  PRIMARY KEY (account, name, version),
  UNIQUE (account, name, version_name),
  FOREIGN KEY (account, name) REFERENCES document ON DELETE CASCADE
);

CREATE TABLE document_share (
  account text NOT NULL,
  name text NOT NULL,
  -- An account, or `all`.
  shared_with text NOT NULL,
  shared_version text NOT NULL CHECK (shared_version IN ('$LATEST', '$DEFAULT', '$ALL')),
  PRIMARY KEY (account, name, shared_with),
  FOREIGN KEY (account, name) REFERENCES document ON DELETE CASCADE
);
CREATE INDEX document_share_with ON document_share (shared_with);

CREATE TABLE document_review (
  account text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  sequence integer NOT NULL,
  review_status text NOT NULL,
  -- Null for the request itself.
  reviewer text,
  comment text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account, name, version, sequence),
  FOREIGN KEY (account, name, version) REFERENCES document_version ON DELETE CASCADE
);
