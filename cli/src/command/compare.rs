//! `augur compare`: two sweeps side by side, group by group, and what differs between their specs.

use super::{Remote, print, width};
use crate::{
    client::{Client, sweep_name},
    failure::{Exit, Failure},
    results::{finish, plain},
    text,
};
use augur_core::{
    leaderboard::{Candidate, Leaderboard, TaskResult},
    spec,
};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the JSON.
const SCHEMA: u32 = 1;
/// More differences between two specs are counted, not listed.
const SHOWN_DIFFERENCES: usize = 12;

/// Shows what two sweeps selected, side by side
#[derive(Args)]
pub struct Compare {
    /// One sweep's name or identifier
    first: String,
    /// The other's
    second: String,
    /// As JSON: `schema`, `sweeps`, `spec_differences`, `groups`, `summary`
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Two sweeps.
#[derive(Serialize)]
struct Comparison {
    schema: u32,
    sweeps: [String; 2],
    spec_differences: Vec<String>,
    groups: Vec<Group>,
    summary: Summary,
}

/// A (task, seed, variant) that at least one of them has.
#[derive(Serialize)]
struct Group {
    task: String,
    seed: u64,
    variant: String,
    /// What each selected; null where it has nothing.
    selected: [Option<Selected>; 2],
    /// Second minus first.
    auroc_gain: Option<f64>,
}

/// A selected trial.
#[derive(Clone, Serialize)]
struct Selected {
    trial: String,
    configuration: String,
    val_loss: Option<f64>,
    auroc: Option<f64>,
    average_precision: Option<f64>,
}

/// Over the groups for which both have an AUROC.
#[derive(Serialize)]
struct Summary {
    groups: usize,
    mean_auroc: Option<[f64; 2]>,
    /// Groups in which the second is better, as good, worse.
    second_wins: usize,
    ties: usize,
    second_loses: usize,
}

impl Compare {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let (first, of_first) = look(&mut client, &self.first).await?;
        let (second, of_second) = look(&mut client, &self.second).await?;
        let groups = groups(&of_first, &of_second);
        let comparison = Comparison {
            schema: SCHEMA,
            sweeps: [of_first.sweep.name, of_second.sweep.name],
            spec_differences: spec::differences(&first, &second),
            summary: summary(&groups),
            groups,
        };
        if self.json {
            let json = serde_json::to_string_pretty(&comparison);
            let json = json.map_err(|error| Failure::new(Exit::Unexpected, format!("no JSON can be made: {error}")))?;
            print(&(json + "\n"));
        } else {
            print(&comparison.text());
        }
        Ok(())
    }
}

async fn look(client: &mut Client, sweep: &str) -> Result<(spec::SweepSpec, Leaderboard), Failure> {
    let sweep = client.sweep(&sweep_name(sweep)).await?;
    let name = &sweep.display_name;
    let spec = spec::parse(&sweep.spec_yaml).map_err(|error| {
        Failure::new(
            Exit::Unexpected,
            format!("the spec of sweep {name} can't be read: {error}"),
        )
    })?;
    Ok((spec, client.leaderboard(&sweep.name).await?))
}

/// Those of the first, in its order, then what only the second has.
fn groups(first: &Leaderboard, second: &Leaderboard) -> Vec<Group> {
    let key = |result: &TaskResult| (result.task.clone(), result.seed, result.variant.clone());
    let mut rest: BTreeMap<_, _> = second.tasks.iter().map(|result| (key(result), result)).collect();
    let mut groups: Vec<Group> = first
        .tasks
        .iter()
        .map(|result| group(key(result), [Some(result), rest.remove(&key(result))]))
        .collect();
    groups.extend(rest.into_iter().map(|(key, result)| group(key, [None, Some(result)])));
    groups
}

fn group((task, seed, variant): (String, u64, String), results: [Option<&TaskResult>; 2]) -> Group {
    let selected = results.map(|result| result.and_then(|it| it.selected.as_ref()).map(selected));
    let [first, second] = [&selected[0], &selected[1]].map(|it| it.as_ref().and_then(|it| it.auroc));
    Group {
        task,
        seed,
        variant,
        auroc_gain: first.zip(second).map(|(first, second)| second - first),
        selected,
    }
}

fn selected(candidate: &Candidate) -> Selected {
    let tuned = text::few_hyperparameters(&candidate.tuned);
    Selected {
        trial: candidate.trial.to_string(),
        configuration: format!("{} {tuned}", candidate.family).trim_end().to_owned(),
        val_loss: candidate.val_loss,
        auroc: candidate.auroc,
        average_precision: candidate.average_precision,
    }
}

fn summary(groups: &[Group]) -> Summary {
    let pairs: Vec<[f64; 2]> = groups
        .iter()
        .filter_map(|group| Some([group.selected[0].as_ref()?.auroc?, group.selected[1].as_ref()?.auroc?]))
        .collect();
    let count = |holds: fn(&[f64; 2]) -> bool| pairs.iter().filter(|pair| holds(pair)).count();
    let mean = |of: usize| pairs.iter().map(|pair| pair[of]).sum::<f64>() / pairs.len() as f64;
    Summary {
        groups: pairs.len(),
        mean_auroc: (!pairs.is_empty()).then(|| [mean(0), mean(1)]),
        second_wins: count(|[first, second]| second > first),
        ties: count(|[first, second]| second == first),
        second_loses: count(|[first, second]| second < first),
    }
}

impl Comparison {
    fn text(&self) -> String {
        let [first, second] = &self.sweeps;
        let differences = match self.spec_differences.as_slice() {
            [] => "their specs are equal".to_owned(),
            some => text::first(some, SHOWN_DIFFERENCES),
        };
        let mut table = plain(width());
        table.set_header([
            "task",
            "seed",
            "variant",
            &format!("{first} selected"),
            &format!("{second} selected"),
            "AUROC",
            "",
            "gain",
        ]);
        for group in &self.groups {
            let [a, b] = [&group.selected[0], &group.selected[1]];
            let what = |it: &Option<Selected>| {
                it.as_ref()
                    .map_or_else(|| "-".to_owned(), |it| it.configuration.clone())
            };
            let auroc = |it: &Option<Selected>| text::share(it.as_ref().and_then(|it| it.auroc));
            let gain = group
                .auroc_gain
                .map_or_else(|| "-".to_owned(), |gain| format!("{gain:+.3}"));
            let seed = group.seed.to_string();
            table.add_row([
                &group.task,
                &seed,
                &group.variant,
                &what(a),
                &what(b),
                &auroc(a),
                &auroc(b),
                &gain,
            ]);
        }
        let Summary {
            groups,
            mean_auroc,
            second_wins,
            ties,
            second_loses,
        } = &self.summary;
        let summary = match mean_auroc {
            None => "no group has an AUROC in both\n".to_owned(),
            Some([of_first, of_second]) => format!(
                "mean AUROC over {groups} groups: {of_first:.3} and {of_second:.3}; {second} is better in {second_wins}, \
                 as good in {ties}, worse in {second_loses}\n"
            ),
        };
        format!("specs: {differences}\n\n{}\n{summary}", finish(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(auroc: Option<f64>) -> Option<Selected> {
        Some(Selected {
            trial: "t".into(),
            configuration: "rotation angle_deg 147.3".into(),
            val_loss: Some(-0.5),
            auroc,
            average_precision: None,
        })
    }

    fn pair(task: &str, selected: [Option<Selected>; 2]) -> Group {
        let [first, second] = [&selected[0], &selected[1]].map(|it| it.as_ref().and_then(|it| it.auroc));
        Group {
            task: task.into(),
            seed: 0,
            variant: "st-ssad".into(),
            auroc_gain: first.zip(second).map(|(first, second)| second - first),
            selected,
        }
    }

    #[test]
    fn only_what_both_have_counts() {
        let groups = vec![
            pair("better", [with(Some(0.7)), with(Some(0.9))]),
            pair("equal", [with(Some(0.8)), with(Some(0.8))]),
            pair("unlabelled", [with(None), with(None)]),
            pair("new", [None, with(Some(0.1))]),
        ];
        let comparison = Comparison {
            schema: SCHEMA,
            sweeps: ["old".into(), "new".into()],
            spec_differences: vec!["seeds: 0 -> 1".into()],
            summary: summary(&groups),
            groups,
        };
        insta::assert_snapshot!(comparison.text());
    }
}
