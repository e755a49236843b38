//! Runs one trial of a sweep in this process and prints its measurements:
//! `cargo run --release -p augur-train --example trial -- configs/demo.yaml 2`.

use std::path::Path;

use augur_core::plan::Plan;
use augur_train::trial::{Control, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(index)) = (arguments.next(), arguments.next()) else {
        return Err("give a config and the index of a trial".into());
    };
    let plan = Plan::new(augur_core::spec::parse(&std::fs::read_to_string(config)?)?);
    let index: u32 = index.parse()?;
    if index >= plan.trials() {
        return Err(format!("the sweep has {} trials, counted from 0", plan.trials()).into());
    }
    let trial = plan.trial(index);
    let images = augur_data::load_task(&trial.data, &trial.split, &trial.task, Path::new("."))?;
    println!("{} by {:?}, seed {}", trial.task.name(), trial.method, trial.seed);
    let ended = run(&trial, &images, Path::new("."), &mut |m| {
        println!(
            "{:3} {:6.1} s  training {:.4}  validation {:.4?}  hypergradient {:.1e}  {:?}",
            m.epoch,
            m.seconds,
            m.training_loss,
            m.validation_loss.unwrap_or(f64::NAN),
            m.hypergradient_norm.unwrap_or(0.0),
            m.hyperparameters
        );
        Control::Continue
    })?;
    if let augur_train::trial::Ended::Completed(outcome, _) = ended {
        println!(
            "{:?}\n{:?}\n{:.1} s",
            outcome.validation, outcome.diagnostics, outcome.seconds
        );
    }
    Ok(())
}
