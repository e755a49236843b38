-- Reuse: what a completed trial was computed from, and where its outcome came from if it was not computed.
ALTER TABLE outcomes ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
-- The sweep that computed it; NULL where this one did.
ALTER TABLE outcomes ADD COLUMN reused_from INTEGER REFERENCES sweeps (sweep_key);
-- Reused, with a detector that was wanted and not found.
ALTER TABLE outcomes ADD COLUMN detector_missing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN reuse INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sweeps ADD COLUMN trials_reused INTEGER NOT NULL DEFAULT 0;
-- The same trial in other sweeps.
CREATE INDEX trials_completed ON trials (trial, sweep_key) WHERE state = 'completed';
