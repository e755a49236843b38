//! A replay for the terminal, as CSV and as JSON.

use super::replay::{Choice, Group, Replay, mean};
use crate::{
    failure::{Exit, Failure},
    results::{finish, plain},
    text,
};
use augur_core::spec::METHOD;
use comfy_table::{Cell, CellAlignment, Table};

/// For each group what each criterion chose, then each criterion over all groups; at most `width` columns wide.
pub fn to_table(replay: &Replay, width: u16) -> String {
    if replay.groups.is_empty() {
        return format!(
            "{}: no group has more than one candidate, so there is nothing to choose\n",
            replay.sweep
        );
    }
    let groups = replay.groups.iter().map(|group| {
        let variant = if group.variant == METHOD {
            String::new()
        } else {
            format!(", {}", group.variant)
        };
        format!(
            "{} seed {}{variant}: {} candidates, best AUROC {}, random pick {}\n{}\n",
            group.task,
            group.seed,
            group.candidates,
            text::share(group.best_auroc),
            text::share(group.random_auroc),
            choices(group, width)
        )
    });
    groups.collect::<String>() + &summary(replay, width)
}

fn choices(group: &Group, width: u16) -> String {
    let mut table = plain(width);
    table.set_header(["criterion", "chosen", "val_loss", "sealed", "AUROC", "lost"]);
    for choice in &group.choices {
        table.add_row([
            Cell::new(choice.criterion),
            Cell::new(format!("{} {}", choice.family, text::few_hyperparameters(&choice.tuned)).trim_end()),
            number(text::loss(Some(choice.val_loss))),
            Cell::new(if choice.same_as_sealed { "same" } else { "other" }),
            number(text::share(choice.auroc)),
            number(text::share(choice.auroc_lost)),
        ]);
    }
    finish(table)
}

/// The criteria over all groups, with the random pick below them.
fn summary(replay: &Replay, width: u16) -> String {
    let mut table: Table = plain(width);
    table.set_header(["criterion", "groups", "as sealed", "mean AUROC", "mean lost"]);
    for of in &replay.summary {
        table.add_row([
            Cell::new(of.criterion),
            number(of.groups.to_string()),
            number(of.same_as_sealed.to_string()),
            number(text::share(of.mean_auroc)),
            number(text::share(of.mean_auroc_lost)),
        ]);
    }
    let random = mean(replay.groups.iter().filter_map(|group| group.random_auroc));
    let best = mean(replay.groups.iter().filter_map(|group| group.best_auroc));
    for (name, auroc) in [("random pick", random), ("best candidate", best)] {
        table.add_row([
            Cell::new(name),
            number(replay.groups.len().to_string()),
            Cell::new(""),
            number(text::share(auroc)),
            number(text::share(best.zip(auroc).map(|(best, own)| best - own))),
        ]);
    }
    format!("all groups; sealed by {}\n{}", replay.sealed_by, finish(table))
}

fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// One row for each group and criterion.
///
/// # Errors
/// None is known.
pub fn to_csv(replay: &Replay) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = "task,seed,variant,candidates,criterion,trial,family,val_loss,same_as_sealed,auroc,auroc_lost,\
                  best_auroc,random_auroc";
    writer
        .write_record(header.split(','))
        .map_err(|error| unwritable(&error))?;
    for group in &replay.groups {
        for choice in &group.choices {
            writer
                .write_record(row(group, choice))
                .map_err(|error| unwritable(&error))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    String::from_utf8(bytes).map_err(|error| unwritable(&error))
}

fn row(group: &Group, choice: &Choice) -> [String; 13] {
    let optional = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    [
        group.task.clone(),
        group.seed.to_string(),
        group.variant.clone(),
        group.candidates.to_string(),
        choice.criterion.to_owned(),
        choice.trial.to_string(),
        choice.family.clone(),
        choice.val_loss.to_string(),
        choice.same_as_sealed.to_string(),
        optional(choice.auroc),
        optional(choice.auroc_lost),
        optional(group.best_auroc),
        optional(group.random_auroc),
    ]
}

/// The whole replay.
///
/// # Errors
/// None is known.
pub fn to_json(replay: &Replay) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(replay).map_err(|error| unwritable(&error))?;
    Ok(json + "\n")
}

fn unwritable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("the replay can't be written: {error}"))
}
