-- The order in which a sweep's trials are leased; of sweeps that were submitted before, that of their plan.
ALTER TABLE trials ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
UPDATE trials SET rank = trial_index;
DROP INDEX trials_pending;
CREATE INDEX trials_pending ON trials (sweep_key, rank) WHERE state = 'pending';
