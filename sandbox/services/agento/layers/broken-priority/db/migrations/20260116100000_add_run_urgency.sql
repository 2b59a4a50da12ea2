-- slipway: compatible
ALTER TABLE agento.runs ADD COLUMN urgency integer NOT NULL DEFAULT 0;
CREATE INDEX runs_by_urgency ON agento.runs (urgency, due_at);
