-- slipway: compatible
CREATE INDEX runs_by_owner ON runtime.runs (owner, inserted_at);
