-- slipway: compatible
CREATE TABLE agento.write_switch (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  frozen boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO agento.write_switch (frozen) VALUES (false);
