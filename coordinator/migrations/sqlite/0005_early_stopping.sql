-- Early stopping: what a trial is compared by at each rung, an epoch; NULL where that is infinite. The first that is reported
-- stands, whichever attempt it is of.
CREATE TABLE rung_values (
    sweep_key   INTEGER NOT NULL,
    trial_index INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    value       REAL,
    PRIMARY KEY (sweep_key, trial_index, epoch)
) STRICT, WITHOUT ROWID;
-- The rung at which a trial was stopped; NULL of all others.
ALTER TABLE trials ADD COLUMN stopped_epoch INTEGER;
ALTER TABLE sweeps ADD COLUMN trials_stopped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN trials_stopped INTEGER NOT NULL DEFAULT 0;
