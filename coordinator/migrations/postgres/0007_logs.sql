-- The newest lines of the log of each attempt.
CREATE TABLE log_lines (
    sweep_key   BIGINT NOT NULL,
    trial_index BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    -- Milliseconds since 1970, by the worker's clock.
    at          BIGINT NOT NULL,
    line        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (sweep_key, trial_index, attempt, sequence)
);
