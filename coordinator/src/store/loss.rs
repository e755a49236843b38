//! What a criterion makes of a stored outcome, in SQL: an expression for a statement that sorts by it. Its formulas are those of
//! `augur_core::select::Criterion::loss`, and a test holds them to these.

use augur_core::select::Criterion;

/// A number of the stored validation; NULL where it has none.
macro_rules! of {
    ($name:literal) => {
        concat!(
            "CAST(outcome::json -> 'validation' ->> '",
            $name,
            "' AS DOUBLE PRECISION)"
        )
    };
}

/// `$factor` times the positive part of the cosine, whose negative is stored.
macro_rules! aligned {
    ($factor:expr) => {
        concat!(
            "CASE WHEN ",
            of!("whitened_cosine"),
            " < 0 THEN ",
            $factor,
            " * -",
            of!("whitened_cosine"),
            " WHEN ",
            of!("whitened_cosine"),
            " >= 0 THEN CAST(0 AS DOUBLE PRECISION) END"
        )
    };
}

/// The criterion's value, of a row of `outcomes`; NULL where it has none. The statement goes through `Dialect::json`.
pub(super) fn of(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::MixtureEnergy => of!("mixture_energy"),
        Criterion::MeanDistance => of!("mean_distance"),
        Criterion::Unexplained => concat!("1 - ", of!("explained")),
        Criterion::ScoreVariance => concat!("-", of!("score_variance")),
        Criterion::WhitenedCosine => of!("whitened_cosine"),
        Criterion::AlignedEnergy => aligned!(of!("mixture_energy")),
        Criterion::AlignedExplained => aligned!(concat!("-", of!("explained"))),
        Criterion::Dsv => of!("dsv"),
        Criterion::Mmd => of!("mmd"),
    }
}
