-- slipway: compatible
ALTER TABLE agento.runs ADD COLUMN priority integer NOT NULL DEFAULT 0;
