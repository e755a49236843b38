//! Where spans lie: identifiers of traces and spans.

use opentelemetry::trace::{SpanId, TraceId};
use sha2::{Digest, Sha256};

/// A span, as those beneath it name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its trace.
    pub trace: TraceId,
    /// The span itself.
    pub span: SpanId,
}

impl Place {
    /// The span of a whole trial, `sweeps/{sweep}/trials/{trial}`, which is the root of its trace.
    pub fn of_trial(name: &str) -> Self {
        let hash = hash(&[name]);
        let mut trace = [0; 16];
        trace.copy_from_slice(&hash[..16]);
        Self {
            trace: TraceId::from_bytes(trace),
            span: span(&[name]),
        }
    }

    /// The span of an attempt at it.
    pub fn of_attempt(name: &str, attempt: u32) -> Self {
        Self {
            span: span(&[name, "attempts", &attempt.to_string()]),
            ..Self::of_trial(name)
        }
    }

    /// The span of an attempt at the evaluation of its group: that of the selected trial is where it is found.
    pub fn of_evaluation(name: &str, attempt: u32) -> Self {
        Self {
            span: span(&[name, "evaluations", &attempt.to_string()]),
            ..Self::of_trial(name)
        }
    }

    /// As the header `traceparent` of W3C's Trace Context.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }

    /// The place that a header `traceparent` names, where it is wanted (`sampled`).
    pub fn from_traceparent(header: &str) -> Option<Self> {
        let parts: Vec<_> = header.split('-').collect();
        let ["00", trace, span, flags] = parts[..] else {
            return None;
        };
        if [trace.len(), span.len(), flags.len()] != [32, 16, 2] {
            return None;
        }
        let place = Self {
            trace: TraceId::from_hex(trace).ok()?,
            span: SpanId::from_hex(span).ok()?,
        };
        let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        let is_valid = place.trace != TraceId::INVALID && place.span != SpanId::INVALID;
        (is_sampled && is_valid).then_some(place)
    }
}

fn span(parts: &[&str]) -> SpanId {
    let mut id = [0; 8];
    id.copy_from_slice(&hash(parts)[16..24]);
    SpanId::from_bytes(id)
}

fn hash(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("/")).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    const NAME: &str = "sweeps/01890a5d-ac96-774b-bcce-b302099a8057/trials/9f86d081884c7d65";

    #[test]
    fn a_trial_has_one_trace_and_each_attempt_a_span_of_its_own() {
        let trial = Place::of_trial(NAME);
        // Fixed for ever: another version of augur adds to the same trace.
        assert_eq!(
            trial.traceparent(),
            "00-93f36cecf81dd818ca0a944b3a28b498-f4c1ceb124ef1ec7-01"
        );
        let places = [
            trial,
            Place::of_attempt(NAME, 1),
            Place::of_attempt(NAME, 2),
            Place::of_evaluation(NAME, 1),
        ];
        for (at, place) in places.iter().enumerate() {
            assert_eq!(place.trace, trial.trace);
            assert!(places[..at].iter().all(|other| other.span != place.span));
        }
        assert_ne!(Place::of_trial("sweeps/a/trials/b").trace, trial.trace);
    }

    #[test]
    fn a_traceparent_is_read_as_it_was_written_and_others_are_refused() {
        let place = Place::of_attempt(NAME, 3);
        let text = place.traceparent();
        assert_eq!(Place::from_traceparent(&text), Some(place));
        let unsampled = text.trim_end_matches("01").to_owned() + "00";
        let zero = format!("00-{:032}-{:016}-01", 0, 0);
        for bad in ["", "00-1-2-3", &text[1..], &unsampled, &zero, &text.replace('-', ":")] {
            assert_eq!(Place::from_traceparent(bad), None, "{bad}");
        }
    }
}
