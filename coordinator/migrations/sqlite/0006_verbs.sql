-- Deadlines, memory that was too little, pauses, priorities, extensions, drained workers.
-- When a leased attempt ends unless it reports a new epoch, and the last one that it reported. Of leases that were given before,
-- the end of time: the coordinator gives each a full term when it starts.
ALTER TABLE trials ADD COLUMN deadline INTEGER;
ALTER TABLE trials ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
-- The most memory, in bytes, that was not enough; NULL where none was too little.
ALTER TABLE trials ADD COLUMN too_little INTEGER;
ALTER TABLE evaluations ADD COLUMN deadline INTEGER;
ALTER TABLE evaluations ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN too_little INTEGER;
UPDATE trials SET deadline = 9223372036854775807 WHERE state = 'leased';
UPDATE evaluations SET deadline = 9223372036854775807 WHERE state = 'leased';
-- Why a sweep is paused; NULL where it is not.
ALTER TABLE sweeps ADD COLUMN pause_reason TEXT;
-- Of a paused one: what runs is given back as well.
ALTER TABLE sweeps ADD COLUMN recall INTEGER NOT NULL DEFAULT 0;
-- The row of identical causes so far, as JSON; NULL where there is none.
ALTER TABLE sweeps ADD COLUMN breaker TEXT;
-- Higher is leased first.
ALTER TABLE sweeps ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
-- The sweep whose trials this one has too, and waits for.
ALTER TABLE sweeps ADD COLUMN extends INTEGER REFERENCES sweeps (sweep_key);
CREATE INDEX sweeps_running ON sweeps (priority, sweep_key) WHERE state = 'running';
CREATE INDEX sweeps_recall ON sweeps (sweep_key) WHERE recall = 1;
CREATE INDEX sweeps_extends ON sweeps (extends) WHERE extends IS NOT NULL;
-- Bytes that the worker's trials may take together; NULL where it doesn't say.
ALTER TABLE workers ADD COLUMN memory INTEGER;
-- 0: works; 1: takes nothing more; 2: gives back what it has as well.
ALTER TABLE workers ADD COLUMN drain INTEGER NOT NULL DEFAULT 0;
