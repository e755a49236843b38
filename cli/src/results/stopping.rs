//! What early stopping did, in words: for the Markdown and the report.

use crate::text;
use augur_core::halving::{Audited, StoppingSummary, StoppingTotals};

/// "Early stopping ended 12 of ... " for a whole sweep.
pub fn totals(totals: &StoppingTotals) -> String {
    let mut out = format!(
        "Early stopping decided to end {} on their way, which leaves out {} of {} epochs ({}).",
        text::count(totals.stopped, "trial"),
        totals.epochs_saved,
        totals.epochs,
        percent(totals.epochs_saved as f64, totals.epochs as f64)
    );
    out += &match (totals.audited, totals.would_have_won) {
        (0, _) => " None of them ran to its end for the audit.".to_owned(),
        (audited, 0) => {
            format!(" Of the {audited} that ran to their end for the audit, none would have been selected.")
        }
        (audited, won) => {
            let gain = totals.largest_loss_gain.map_or(String::new(), |gain| {
                format!(", by a validation loss at most {gain:.4} lower")
            });
            let auroc = totals.mean_auroc_gain.map_or(String::new(), |gain| {
                format!("; their AUROC differs by {gain:+.3} on average")
            });
            format!(
                " Of the {audited} that ran to their end for the audit, {won} would have been selected{gain}{auroc}."
            )
        }
    };
    out
}

/// The same for one group, in a cell or a line of its own.
pub fn saved(summary: &StoppingSummary) -> String {
    let StoppingSummary {
        epochs_saved, epochs, ..
    } = summary;
    format!(
        "{epochs_saved} of {epochs} ({})",
        percent(f64::from(*epochs_saved), f64::from(*epochs))
    )
}

/// What the audit of a group found: "1 of 2 would have won, by 0.0123 in loss and -0.010 in AUROC".
pub fn audit(summary: &StoppingSummary) -> String {
    let won: Vec<&Audited> = summary
        .audited
        .iter()
        .filter(|audited| audited.would_have_won())
        .collect();
    let audited = summary.audited.len();
    // The one that would have been selected.
    let best = won.iter().max_by(|a, b| {
        let gain = |audited: &Audited| audited.loss_gain.unwrap_or(0.0);
        gain(a).total_cmp(&gain(b))
    });
    match (audited, best) {
        (0, _) => "none audited".into(),
        (_, None) => format!("none of {audited} would have won"),
        (_, Some(best)) => {
            let loss = best
                .loss_gain
                .map_or(String::new(), |gain| format!(", by {gain:.4} in loss"));
            let auroc = best
                .auroc_gain
                .map_or(String::new(), |gain| format!(" and {gain:+.3} in AUROC"));
            format!("{} of {audited} would have won{loss}{auroc}", won.len())
        }
    }
}

fn percent(part: f64, whole: f64) -> String {
    format!("{:.0} %", 100.0 * part / whole.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::id::TrialId;

    fn audited(name: &str, loss_gain: f64, auroc_gain: Option<f64>) -> Audited {
        Audited {
            trial: TrialId::of(name),
            epoch: 4,
            val_loss: Some(-0.5),
            loss_gain: Some(loss_gain),
            auroc: None,
            auroc_gain,
        }
    }

    #[test]
    fn the_audit_tells_what_stopping_cost() {
        let mut summary = StoppingSummary {
            stopped: 5,
            epochs_saved: 60,
            epochs: 300,
            audited: vec![],
        };
        assert_eq!(saved(&summary), "60 of 300 (20 %)");
        assert_eq!(audit(&summary), "none audited");
        summary.audited.push(audited("a", -0.1, Some(-0.2)));
        assert_eq!(audit(&summary), "none of 1 would have won");
        let all = StoppingTotals::of([&summary]).unwrap();
        assert_eq!(
            totals(&all),
            "Early stopping decided to end 5 trials on their way, which leaves out 60 of 300 epochs (20 %). Of the 1 that ran \
             to their end for the audit, none would have been selected."
        );
        summary.audited.push(audited("b", 0.01, Some(0.02)));
        summary.audited.push(audited("c", 0.03, Some(-0.04)));
        assert_eq!(
            audit(&summary),
            "2 of 3 would have won, by 0.0300 in loss and -0.040 in AUROC"
        );
        let all = StoppingTotals::of([&summary, &summary]).unwrap();
        assert_eq!((all.stopped, all.audited, all.would_have_won), (10, 6, 4));
        assert_eq!(
            totals(&all),
            "Early stopping decided to end 10 trials on their way, which leaves out 120 of 600 epochs (20 %). Of the 6 that ran \
             to their end for the audit, 4 would have been selected, by a validation loss at most 0.0300 lower; their AUROC \
             differs by -0.010 on average."
        );
        assert_eq!(StoppingTotals::of([]), None);
    }
}
