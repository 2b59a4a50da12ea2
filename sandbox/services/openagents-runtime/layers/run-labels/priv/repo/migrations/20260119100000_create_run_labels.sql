-- slipway: compatible
CREATE TABLE runtime.run_labels (
  run_id text NOT NULL REFERENCES runtime.runs (run_id) ON DELETE CASCADE,
  label text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (run_id, label)
);
