-- The value of the sweep's criterion, by which trials are listed; NULL where there is none.
ALTER TABLE outcomes ADD COLUMN loss DOUBLE PRECISION;

-- Its formulas as of this schema (core/src/select/criterion.rs).
UPDATE outcomes SET loss = (
    SELECT CASE spec_json::json -> 'selection' ->> 'criterion'
        WHEN 'mixture_energy' THEN CAST(outcome::json -> 'validation' ->> 'mixture_energy' AS DOUBLE PRECISION)
        WHEN 'mean_distance' THEN CAST(outcome::json -> 'validation' ->> 'mean_distance' AS DOUBLE PRECISION)
        WHEN 'unexplained' THEN 1 - CAST(outcome::json -> 'validation' ->> 'explained' AS DOUBLE PRECISION)
        WHEN 'score_variance' THEN -CAST(outcome::json -> 'validation' ->> 'score_variance' AS DOUBLE PRECISION)
        WHEN 'whitened_cosine' THEN CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION)
        WHEN 'aligned_energy' THEN CASE WHEN CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION) < 0
                THEN CAST(outcome::json -> 'validation' ->> 'mixture_energy' AS DOUBLE PRECISION) * -CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION)
                WHEN CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION) >= 0 THEN 0 END
        WHEN 'aligned_explained' THEN CASE WHEN CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION) < 0
                THEN -CAST(outcome::json -> 'validation' ->> 'explained' AS DOUBLE PRECISION) * -CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION)
                WHEN CAST(outcome::json -> 'validation' ->> 'whitened_cosine' AS DOUBLE PRECISION) >= 0 THEN 0 END
        WHEN 'dsv' THEN CAST(outcome::json -> 'validation' ->> 'dsv' AS DOUBLE PRECISION)
        WHEN 'mmd' THEN CAST(outcome::json -> 'validation' ->> 'mmd' AS DOUBLE PRECISION)
    END
    FROM sweeps WHERE sweeps.sweep_key = outcomes.sweep_key
);

CREATE INDEX outcomes_loss ON outcomes (sweep_key, loss, trial_index) WHERE loss IS NOT NULL;
