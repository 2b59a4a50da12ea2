-- slipway: compatible
CREATE TABLE agento.run_steps (
  run_id text NOT NULL,
  step integer NOT NULL,
  goal text NOT NULL,
  result text NOT NULL,
  PRIMARY KEY (run_id, step)
);
