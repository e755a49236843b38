-- Current state, and beside it the append-only transitions that led to it; both are written in one transaction.
-- Times are milliseconds since the Unix epoch. A lease's columns (worker, token, expires) are those of JobState::Leased.

CREATE TABLE sweeps (
    sweep_key        INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep            TEXT    NOT NULL UNIQUE,
    name             TEXT    NOT NULL UNIQUE,
    spec_sha256      TEXT    NOT NULL,
    spec_yaml        TEXT    NOT NULL,
    spec_json        TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    ended_at         INTEGER,
    trials_pending   INTEGER NOT NULL,
    trials_leased    INTEGER NOT NULL DEFAULT 0,
    trials_completed INTEGER NOT NULL DEFAULT 0,
    trials_failed    INTEGER NOT NULL DEFAULT 0,
    trials_cancelled INTEGER NOT NULL DEFAULT 0,
    groups_total     INTEGER NOT NULL,
    groups_done      INTEGER NOT NULL DEFAULT 0,
    groups_selected  INTEGER NOT NULL DEFAULT 0,
    trial_seconds    REAL    NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE trials (
    sweep_key   INTEGER NOT NULL REFERENCES sweeps (sweep_key),
    trial_index INTEGER NOT NULL,
    trial       TEXT    NOT NULL,
    group_index INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    begun       INTEGER NOT NULL DEFAULT 0,
    charged     INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    token       TEXT,
    expires     INTEGER,
    cause       TEXT,
    generation  INTEGER NOT NULL DEFAULT 0,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (sweep_key, trial_index)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX trials_id ON trials (sweep_key, trial);
CREATE INDEX trials_state ON trials (sweep_key, state, trial_index);
CREATE INDEX trials_pending ON trials (sweep_key, trial_index) WHERE state = 'pending';
CREATE INDEX trials_expires ON trials (expires) WHERE state = 'leased';
CREATE INDEX trials_worker ON trials (worker) WHERE state = 'leased';
CREATE UNIQUE INDEX trials_token ON trials (token) WHERE token IS NOT NULL;

CREATE TABLE groups (
    sweep_key        INTEGER NOT NULL REFERENCES sweeps (sweep_key),
    group_index      INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    trials_total     INTEGER NOT NULL,
    trials_completed INTEGER NOT NULL DEFAULT 0,
    trials_failed    INTEGER NOT NULL DEFAULT 0,
    best_val_loss    REAL,
    best_trial       INTEGER,
    choice           TEXT,
    seal             TEXT,
    PRIMARY KEY (sweep_key, group_index)
) STRICT;

-- One job for each sealed group: how its scores agree with the labels.
CREATE TABLE evaluations (
    sweep_key   INTEGER NOT NULL REFERENCES sweeps (sweep_key),
    group_index INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    begun       INTEGER NOT NULL DEFAULT 0,
    charged     INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    token       TEXT,
    expires     INTEGER,
    cause       TEXT,
    generation  INTEGER NOT NULL DEFAULT 0,
    updated_at  INTEGER NOT NULL,
    agreements  TEXT,
    PRIMARY KEY (sweep_key, group_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX evaluations_pending ON evaluations (sweep_key, group_index) WHERE state = 'pending';
CREATE INDEX evaluations_expires ON evaluations (expires) WHERE state = 'leased';
CREATE INDEX evaluations_worker ON evaluations (worker) WHERE state = 'leased';
CREATE UNIQUE INDEX evaluations_token ON evaluations (token) WHERE token IS NOT NULL;

-- The outcome of a completed trial. Scores are little-endian 64-bit floats.
CREATE TABLE outcomes (
    sweep_key        INTEGER NOT NULL,
    trial_index      INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    libtorch_version TEXT    NOT NULL,
    outcome          TEXT    NOT NULL,
    scores           BLOB    NOT NULL,
    PRIMARY KEY (sweep_key, trial_index)
) STRICT;

-- Each is the protobuf message as it came: exact, NaN included.
CREATE TABLE measurements (
    sweep_key   INTEGER NOT NULL,
    trial_index INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    measurement BLOB    NOT NULL,
    PRIMARY KEY (sweep_key, trial_index, attempt, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions (
    revision  INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep_key INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    entity    INTEGER NOT NULL,
    payload   TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

CREATE INDEX transitions_sweep ON transitions (sweep_key, revision);

CREATE TABLE workers (
    worker_key       INTEGER PRIMARY KEY AUTOINCREMENT,
    worker           TEXT    NOT NULL UNIQUE,
    host             TEXT    NOT NULL,
    slots            INTEGER NOT NULL,
    augur_version    TEXT    NOT NULL,
    libtorch_version TEXT    NOT NULL,
    present          INTEGER NOT NULL,
    last_heartbeat   INTEGER NOT NULL
) STRICT;

CREATE INDEX workers_present ON workers (last_heartbeat) WHERE present = 1;

CREATE TABLE requests (
    request     TEXT    PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    sweep_key   INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
