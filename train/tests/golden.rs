//! Golden cases: what each formula of the method must give, from independent implementations.
//!
//! Reads the folder named by `AUGUR_GOLDEN`, or the copy in the repository where that is unset, and runs
//! every case of a known kind that it finds there: in float64 to 1e-9 and in float32 to 1e-4 relative.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "golden/augment.rs"]
mod augment;
#[path = "golden/case.rs"]
mod case;
#[path = "golden/hypergradient.rs"]
mod hypergradient;
#[path = "golden/loss.rs"]
mod loss;
#[path = "golden/measure.rs"]
mod measure;
#[path = "golden/report.rs"]
mod report;
#[path = "golden/score.rs"]
mod score;

use report::run;

/// A case's kind is how its file name begins.
const KINDS: [&str; 7] = [
    "cutdiff",
    "rotation",
    "val_loss",
    "mixture_energy",
    "gde",
    "hypergradient",
    "metrics",
];

#[test]
fn folder_holds_known_cases() {
    let (known, unknown): (Vec<_>, Vec<_>) = case::names()
        .into_iter()
        .partition(|name| KINDS.iter().any(|kind| case::is_of_kind(name, kind)));
    for name in unknown {
        println!("skipped: {name} is of no known kind ({})", KINDS.join(", "));
    }
    assert!(
        !known.is_empty(),
        "no golden case of a known kind in {}: is AUGUR_GOLDEN right?",
        case::folder().display()
    );
}

#[test]
fn cutdiff() {
    run("cutdiff", augment::check);
}

#[test]
fn rotation() {
    run("rotation", augment::check);
}

#[test]
fn val_loss() {
    run("val_loss", loss::check_mean_distance);
}

#[test]
fn mixture_energy() {
    run("mixture_energy", loss::check_mixture_energy);
}

#[test]
fn gde() {
    run("gde", score::check);
}

#[test]
fn hypergradient() {
    run("hypergradient", hypergradient::check);
}

#[test]
fn metrics() {
    run("metrics", measure::check);
}
