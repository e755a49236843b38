//! Why nobody could be reached, in words, and what stands in the way where somebody is there.

use std::{error::Error, io, iter::successors};

/// What is between a caller and a coordinator that may well be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// TLS is spoken to somebody who does not speak it.
    NoTls,
    /// Nobody who is trusted has signed the coordinator's certificate.
    Untrusted,
    /// Its certificate is for other names.
    OtherName,
    /// Its certificate has expired, or is not valid yet.
    Expired,
    /// It does not take this caller's certificate.
    Rejected,
    /// Somebody hangs up at once, and why is not said.
    HangsUp,
}

/// Parts of the messages of rustls, hyper and h2, and of those of the system, in lower case. The first that is found decides.
const MEANINGS: [(&str, Obstacle); 18] = [
    ("invalidcontenttype", Obstacle::NoTls),
    ("unknownissuer", Obstacle::Untrusted),
    ("not valid for name", Obstacle::OtherName),
    ("certificate expired", Obstacle::Expired),
    ("not valid yet", Obstacle::Expired),
    ("certificaterequired", Obstacle::Rejected),
    ("unknownca", Obstacle::Rejected),
    ("badcertificate", Obstacle::Rejected),
    ("certificateexpired", Obstacle::Rejected),
    ("certificateunknown", Obstacle::Rejected),
    ("http2 error", Obstacle::HangsUp),
    ("frame with invalid size", Obstacle::HangsUp),
    ("connection closed", Obstacle::HangsUp),
    ("connection reset", Obstacle::HangsUp),
    ("connection was not ready", Obstacle::HangsUp),
    ("channel closed", Obstacle::HangsUp),
    ("broken pipe", Obstacle::HangsUp),
    ("operation was canceled", Obstacle::HangsUp),
];

impl Obstacle {
    /// Of the error of a first call. An answer that somebody sent is none: it has no source.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let causes = successors(error.source(), |error| (*error).source());
        let texts = causes.map(|cause| cause.to_string().to_lowercase());
        let said = texts.collect::<Vec<_>>().join(": ");
        let meaning = MEANINGS.iter().find(|(part, _)| said.contains(part));
        meaning.map(|(_, obstacle)| *obstacle)
    }

    /// What to do, of whoever called these addresses.
    pub fn advice(self, addresses: &str) -> &'static str {
        match self {
            Self::NoTls => "what listens there does not speak TLS: write http://, or start it with certificates",
            Self::Untrusted => "nobody who is trusted here has signed its certificate: name the authority's with --ca",
            Self::OtherName => {
                "use a name that is in its certificate, or make one for this name with `augur-coordinator certificates`"
            }
            Self::Expired => "look at the clocks, or make its certificate anew with `augur-coordinator certificates`",
            Self::HangsUp if !addresses.contains("https://") => {
                "what listens there is no coordinator, or one that speaks TLS: then write https://, with --ca"
            }
            Self::Rejected | Self::HangsUp => {
                "a coordinator that asks for certificates wants yours, or another one: give --cert and --key"
            }
        }
    }
}

/// The innermost cause, which says most: "connection refused" rather than "transport error".
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let innermost = successors(Some(error), |error| (*error).source()).last();
    match innermost.and_then(|cause| cause.downcast_ref::<io::Error>()) {
        Some(io) => crate::error::os_text(io),
        None => innermost.map_or_else(String::new, ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;

    fn status(said: &str) -> Status {
        Status::from_error(Box::new(io::Error::other(said)))
    }

    #[test]
    fn the_innermost_cause_is_said() {
        assert_eq!(cause(&io::Error::from_raw_os_error(111)), "connection refused");
        assert_eq!(cause(&status("Peer says UnknownIssuer")), "peer says UnknownIssuer");
    }

    #[test]
    fn what_is_in_the_way_is_read_from_any_part_of_the_chain() {
        let of = |said| Obstacle::of(&status(said));
        assert_eq!(of("invalid peer certificate: UnknownIssuer"), Some(Obstacle::Untrusted));
        assert_eq!(
            of("received fatal alert: CertificateRequired"),
            Some(Obstacle::Rejected)
        );
        assert_eq!(of("Broken pipe (os error 32)"), Some(Obstacle::HangsUp));
        assert_eq!(of("Connection refused (os error 111)"), None);
        // The store's trouble, say, as a coordinator that is there tells of it.
        assert_eq!(Obstacle::of(&Status::unavailable("its server: UnknownIssuer")), None);
    }

    #[test]
    fn what_to_do_goes_by_the_scheme_where_somebody_hangs_up() {
        assert!(Obstacle::HangsUp.advice("http://a:1").contains("write https://"));
        assert!(Obstacle::HangsUp.advice("https://a:1").contains("--cert and --key"));
    }
}
