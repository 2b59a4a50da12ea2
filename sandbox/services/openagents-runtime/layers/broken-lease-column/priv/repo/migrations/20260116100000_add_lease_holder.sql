-- slipway: compatible
ALTER TABLE runtime.runs ADD COLUMN lease_holder text;
CREATE INDEX runs_by_lease ON runtime.runs (lease_holder, lease_expires_at);
