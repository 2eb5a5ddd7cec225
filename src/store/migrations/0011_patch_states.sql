-- What the last patch operation of each node found. A new one replaces it.
CREATE TABLE patch_state (
  account text NOT NULL,
  instance_id text NOT NULL,
  -- '': the node was in none.
  patch_group text NOT NULL,
  baseline_id text NOT NULL,
  operating_system text NOT NULL,
  product text NOT NULL,
  snapshot_id text,
  operation text NOT NULL CHECK (operation IN ('Scan', 'Install')),
  reboot_option text CHECK (reboot_option IN ('RebootIfNeeded', 'NoReboot')),
  install_override_list text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  last_no_reboot_install_at timestamptz,
  status text NOT NULL CHECK (status IN ('COMPLIANT', 'NON_COMPLIANT', 'UNKNOWN')),
  status_reasons jsonb NOT NULL,
  installed integer NOT NULL,
  installed_other integer NOT NULL,
  installed_pending_reboot integer NOT NULL,
  installed_rejected integer NOT NULL,
  missing integer NOT NULL,
  failed integer NOT NULL,
  not_applicable integer NOT NULL,
  unreported_not_applicable integer NOT NULL,
  available_security_update integer NOT NULL,
  critical_non_compliant integer NOT NULL,
  security_non_compliant integer NOT NULL,
  other_non_compliant integer NOT NULL,
  -- Its items by status and level: {"COMPLIANT": {"CRITICAL": 1}, "NON_COMPLIANT": {}}; what is unknown is added when read.
  compliance jsonb NOT NULL,
  -- SHA-256 of the rows in patch_result: most scans find what the last one found, and need not write them again.
  patches_hash bytea NOT NULL,
  PRIMARY KEY (account, instance_id)
);
CREATE INDEX patch_state_group ON patch_state (account, patch_group, instance_id);

CREATE TABLE patch_result (
  account text NOT NULL,
  instance_id text NOT NULL,
  name text NOT NULL,
  architecture text NOT NULL,
  installed_version text,
  available_version text,
  state text NOT NULL,
  reason text NOT NULL,
  compliance_level text NOT NULL,
  classification text,
  -- The level in our words: critical, high, …
  severity text,
  -- Everything else of the result; NULL where there is nothing to tell: installed, and no update.
  detail jsonb,
  -- NULL: not known.
  installed_at timestamptz,
  PRIMARY KEY (account, instance_id, name, architecture)
);

-- Every version that nodes could have had, with what was known of it.
CREATE TABLE available_patch (
  account text NOT NULL,
  product text NOT NULL,
  name text NOT NULL,
  architecture text NOT NULL,
  version text NOT NULL,
  operating_system text NOT NULL,
  classification text,
  -- {source, raw, mapped}
  severity jsonb,
  priority text NOT NULL,
  section text NOT NULL,
  repository text,
  advisories jsonb NOT NULL,
  cves jsonb NOT NULL,
  exploited jsonb NOT NULL,
  epss double precision,
  released_at timestamptz,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (account, product, name, architecture, version)
);
CREATE INDEX available_patch_system ON available_patch (account, operating_system, product, name, architecture, version);
