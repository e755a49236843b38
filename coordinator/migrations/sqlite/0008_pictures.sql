-- What the selected trial of a group saw and made, for reports.
CREATE TABLE pictures (
    sweep_key   INTEGER NOT NULL,
    group_index INTEGER NOT NULL,
    -- In the order in which they are shown.
    position    INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('training', 'augmented', 'highest', 'lowest')),
    media_type  TEXT    NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    data        BLOB    NOT NULL,
    -- Its place among the training images, or among the validation images.
    image       INTEGER NOT NULL,
    score       REAL,
    anomalous   INTEGER,
    PRIMARY KEY (sweep_key, group_index, position)
) STRICT;
