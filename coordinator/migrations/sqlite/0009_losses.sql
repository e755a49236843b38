-- The value of the sweep's criterion, by which trials are listed; NULL where there is none.
ALTER TABLE outcomes ADD COLUMN loss REAL;

-- Its formulas as of this schema (core/src/select/criterion.rs).
UPDATE outcomes SET loss = (
    SELECT CASE spec_json -> 'selection' ->> 'criterion'
        WHEN 'mixture_energy' THEN CAST(outcome -> 'validation' ->> 'mixture_energy' AS REAL)
        WHEN 'mean_distance' THEN CAST(outcome -> 'validation' ->> 'mean_distance' AS REAL)
        WHEN 'unexplained' THEN 1 - CAST(outcome -> 'validation' ->> 'explained' AS REAL)
        WHEN 'score_variance' THEN -CAST(outcome -> 'validation' ->> 'score_variance' AS REAL)
        WHEN 'whitened_cosine' THEN CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL)
        WHEN 'aligned_energy' THEN CASE WHEN CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL) < 0
                THEN CAST(outcome -> 'validation' ->> 'mixture_energy' AS REAL) * -CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL)
                WHEN CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL) >= 0 THEN 0.0 END
        WHEN 'aligned_explained' THEN CASE WHEN CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL) < 0
                THEN -CAST(outcome -> 'validation' ->> 'explained' AS REAL) * -CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL)
                WHEN CAST(outcome -> 'validation' ->> 'whitened_cosine' AS REAL) >= 0 THEN 0.0 END
        WHEN 'dsv' THEN CAST(outcome -> 'validation' ->> 'dsv' AS REAL)
        WHEN 'mmd' THEN CAST(outcome -> 'validation' ->> 'mmd' AS REAL)
    END
    FROM sweeps WHERE sweeps.sweep_key = outcomes.sweep_key
);

CREATE INDEX outcomes_loss ON outcomes (sweep_key, loss, trial_index) WHERE loss IS NOT NULL;
