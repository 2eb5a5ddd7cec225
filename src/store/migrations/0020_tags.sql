-- Tags of everything that can carry them: the id is not a foreign key, since each family keeps its own table.
CREATE TABLE resource_tag (
  account text NOT NULL,
  resource_type text NOT NULL,
  resource_id text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (account, resource_type, resource_id, key)
);
CREATE INDEX resource_tag_by_value ON resource_tag (account, resource_type, key, value, resource_id);
