-- The newest lines of the log of each attempt.
CREATE TABLE log_lines (
    sweep_key   INTEGER NOT NULL,
    trial_index INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    -- Milliseconds since 1970, by the worker's clock.
    at          INTEGER NOT NULL,
    line        TEXT    NOT NULL,
    PRIMARY KEY (sweep_key, trial_index, attempt, sequence)
) STRICT, WITHOUT ROWID;
