//! How scores agree with labels, as messages and as types of core.

use super::{Malformed, missing, parse};
use crate::v1;
use augur_core::{
    leaderboard::{Agreement, Candidate},
    measure::{BINS, Histogram, Interval, Measures},
};

fn to_message([low, high]: Interval) -> v1::Interval {
    v1::Interval { low, high }
}

fn from_message(interval: v1::Interval) -> Interval {
    [interval.low, interval.high]
}

impl From<Measures> for v1::Measures {
    fn from(m: Measures) -> Self {
        Self {
            auroc: m.auroc,
            auroc_interval: Some(to_message(m.auroc_interval)),
            average_precision: m.average_precision,
            average_precision_interval: Some(to_message(m.average_precision_interval)),
            f1_max: m.f1_max,
            f1_max_interval: Some(to_message(m.f1_max_interval)),
        }
    }
}

impl TryFrom<v1::Measures> for Measures {
    type Error = Malformed;
    fn try_from(m: v1::Measures) -> Result<Self, Malformed> {
        let interval = |interval: Option<v1::Interval>, field| interval.map(from_message).ok_or(missing(field));
        Ok(Self {
            auroc: m.auroc,
            auroc_interval: interval(m.auroc_interval, "measures.auroc_interval")?,
            average_precision: m.average_precision,
            average_precision_interval: interval(m.average_precision_interval, "measures.average_precision_interval")?,
            f1_max: m.f1_max,
            f1_max_interval: interval(m.f1_max_interval, "measures.f1_max_interval")?,
        })
    }
}

impl From<Histogram> for v1::Histogram {
    fn from(h: Histogram) -> Self {
        Self {
            low: h.low,
            high: h.high,
            normal: h.normal.into(),
            anomalous: h.anomalous.into(),
        }
    }
}

impl TryFrom<&v1::Histogram> for Histogram {
    type Error = Malformed;
    fn try_from(h: &v1::Histogram) -> Result<Self, Malformed> {
        let malformed = |field, problem| Malformed { field, problem };
        let counts = |counts: &[u32], field| -> Result<[u32; BINS], Malformed> {
            counts.try_into().map_err(|_| malformed(field, "does not have 24 bins"))
        };
        if !(h.low.is_finite() && h.high.is_finite()) {
            return Err(malformed("histogram", "has an end that is not a finite number"));
        }
        Ok(Self {
            low: h.low,
            high: h.high,
            normal: counts(&h.normal, "histogram.normal")?,
            anomalous: counts(&h.anomalous, "histogram.anomalous")?,
        })
    }
}

impl v1::TrialAgreement {
    /// The agreement of the scores of `trial`.
    pub fn new(trial: String, agreement: Agreement) -> Self {
        Self {
            trial,
            auroc: agreement.auroc,
            average_precision: agreement.average_precision,
            f1_max: agreement.f1_max,
            auroc_interval: agreement.auroc_interval.map(to_message),
            average_precision_interval: agreement.average_precision_interval.map(to_message),
            f1_max_interval: agreement.f1_max_interval.map(to_message),
            test: agreement.test.map(Into::into),
            histogram: agreement.histogram.map(Into::into),
        }
    }
}

impl TryFrom<&v1::TrialAgreement> for Agreement {
    type Error = Malformed;
    fn try_from(a: &v1::TrialAgreement) -> Result<Self, Malformed> {
        Ok(Self {
            auroc: a.auroc,
            average_precision: a.average_precision,
            f1_max: a.f1_max,
            auroc_interval: a.auroc_interval.map(from_message),
            average_precision_interval: a.average_precision_interval.map(from_message),
            f1_max_interval: a.f1_max_interval.map(from_message),
            test: a.test.map(TryInto::try_into).transpose()?,
            histogram: a.histogram.as_ref().map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<Candidate> for v1::Candidate {
    fn from(c: Candidate) -> Self {
        Self {
            trial: c.trial.to_string(),
            family: c.family,
            initial: c.initial,
            tuned: c.tuned,
            val_loss: c.val_loss,
            validation: c.validation.map(Into::into),
            auroc: c.auroc,
            average_precision: c.average_precision,
            f1_max: c.f1_max,
            auroc_interval: c.auroc_interval.map(to_message),
            average_precision_interval: c.average_precision_interval.map(to_message),
            f1_max_interval: c.f1_max_interval.map(to_message),
            test: c.test.map(Into::into),
            seconds: c.seconds,
            reused_from: c.reused_from.unwrap_or_default(),
            fingerprint: c.fingerprint.unwrap_or_default(),
        }
    }
}

impl TryFrom<v1::Candidate> for Candidate {
    type Error = Malformed;
    fn try_from(c: v1::Candidate) -> Result<Self, Malformed> {
        Ok(Self {
            trial: parse(&c.trial, "candidate.trial", "is not a UUID")?,
            family: c.family,
            initial: c.initial,
            tuned: c.tuned,
            val_loss: c.val_loss,
            validation: c.validation.map(Into::into),
            auroc: c.auroc,
            average_precision: c.average_precision,
            f1_max: c.f1_max,
            auroc_interval: c.auroc_interval.map(from_message),
            average_precision_interval: c.average_precision_interval.map(from_message),
            f1_max_interval: c.f1_max_interval.map(from_message),
            test: c.test.map(TryInto::try_into).transpose()?,
            seconds: c.seconds,
            reused_from: Some(c.reused_from).filter(|sweep| !sweep.is_empty()),
            fingerprint: Some(c.fingerprint).filter(|fingerprint| !fingerprint.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement() -> Agreement {
        let measures = |auroc| Measures {
            auroc,
            auroc_interval: [0.8, 0.9],
            average_precision: 0.7,
            average_precision_interval: [0.6, 0.75],
            f1_max: 0.5,
            f1_max_interval: [0.4, 0.55],
        };
        Agreement {
            histogram: Histogram::of(&[0.1, 0.7, 0.2], &[false, true, false]).ok(),
            ..Agreement::of(Some(measures(0.85)), Some(measures(0.81)))
        }
    }

    #[test]
    fn agreements_come_back_as_they_were() {
        for agreement in [agreement(), Agreement::default()] {
            let message = v1::TrialAgreement::new("t".into(), agreement);
            assert_eq!(Agreement::try_from(&message), Ok(agreement));
        }
    }

    #[test]
    fn half_an_agreement_is_refused() {
        let mut message = v1::TrialAgreement::new("t".into(), agreement());
        message.test.as_mut().unwrap().f1_max_interval = None;
        assert_eq!(Agreement::try_from(&message), Err(missing("measures.f1_max_interval")));
        let mut message = v1::TrialAgreement::new("t".into(), agreement());
        message.histogram.as_mut().unwrap().normal.pop();
        let refused = Agreement::try_from(&message).unwrap_err();
        assert_eq!(refused.to_string(), "field `histogram.normal` does not have 24 bins");
    }
}
