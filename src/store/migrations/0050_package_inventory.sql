-- What every node has installed. Nodes share most of it, so it is kept three times over: a version of a package once,
-- a set of versions once (nodes that are alike share it), and for each node which sets it has.
CREATE TABLE package_version (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL,
  -- OSV's: debian:12.
  ecosystem text NOT NULL,
  name text NOT NULL,
  architecture text NOT NULL,
  version text NOT NULL,
  -- As advisories name it: a signed kernel's is linux.
  source text NOT NULL,
  source_version text NOT NULL,
  -- Sortable keys of the two; NULL: the text is no version, and nothing can be said of it.
  version_key text COLLATE "C",
  source_key text COLLATE "C",
  -- SHA-256 of all that tells one from another: the texts come from machines and may be longer than an index holds.
  hash bytea NOT NULL,
  UNIQUE (account, hash)
);
CREATE INDEX package_version_name ON package_version (account, ecosystem, name);
CREATE INDEX package_version_source ON package_version (account, ecosystem, source);

CREATE TABLE package_set (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL,
  -- SHA-256 of the hashes of its versions.
  hash bytea NOT NULL,
  -- Ids of package_version, ascending.
  packages integer[] NOT NULL,
  UNIQUE (account, hash)
);
CREATE INDEX package_set_packages ON package_set USING gin (packages);

CREATE TABLE node_inventory (
  account text NOT NULL,
  instance_id text NOT NULL,
  ecosystem text NOT NULL,
  product text NOT NULL,
  codename text NOT NULL,
  -- The package manager's own: amd64.
  architecture text NOT NULL,
  gathered_at timestamptz NOT NULL,
  package_set integer NOT NULL REFERENCES package_set (id),
  -- What its own package manager offered it, as it was looked at.
  update_set integer NOT NULL REFERENCES package_set (id),
  PRIMARY KEY (account, instance_id)
);
CREATE INDEX node_inventory_packages ON node_inventory (package_set);
CREATE INDEX node_inventory_updates ON node_inventory (update_set);
