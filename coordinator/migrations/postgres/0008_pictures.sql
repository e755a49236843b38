-- What the selected trial of a group saw and made, for reports.
CREATE TABLE pictures (
    sweep_key   BIGINT NOT NULL,
    group_index BIGINT NOT NULL,
    -- In the order in which they are shown.
    position    BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('training', 'augmented', 'highest', 'lowest')),
    media_type  TEXT COLLATE "C" NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    data        BYTEA NOT NULL,
    -- Its place among the training images, or among the validation images.
    image       BIGINT NOT NULL,
    score       DOUBLE PRECISION,
    anomalous   BIGINT,
    PRIMARY KEY (sweep_key, group_index, position)
);
