//! Why nobody could be reached, in words, and what to do where the words alone say too little.

use std::{error::Error, io};

/// What a part of a message of rustls or h2 comes from, and what to do.
const KNOWN: [(&str, &str); 4] = [
    (
        "InvalidContentType",
        "what listens there does not speak TLS: write http://, or start it with certificates",
    ),
    (
        "UnknownIssuer",
        "nobody who is trusted here has signed its certificate: name the authority's with --ca",
    ),
    (
        "not valid for name",
        "use a name that is in its certificate, or make one for this name with `augur-coordinator certificates`",
    ),
    ("CertificateRequired", WANTS_ONE),
];

/// What whoever hangs up at once leaves behind; which of them, is a matter of moments.
const BROKEN_OFF: [&str; 6] = [
    "http2 error",
    "frame with invalid size",
    "connection closed",
    "connection reset",
    "broken pipe",
    "operation was canceled",
];

const WANTS_ONE: &str = "a coordinator that asks for certificates wants yours: give --cert and --key";

/// The innermost cause, which says most: "connection refused" rather than "transport error".
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<io::Error>() {
        Some(io) => crate::error::os_text(io),
        None => innermost.to_string(),
    }
}

/// What to do where the first call to one of these addresses failed for this cause, if that is known.
pub fn advice(addresses: &str, cause: &str) -> Option<&'static str> {
    if let Some((_, advice)) = KNOWN.iter().find(|(part, _)| cause.contains(part)) {
        return Some(advice);
    }
    let broken_off = BROKEN_OFF.iter().any(|part| cause.contains(part));
    broken_off.then_some(match addresses.contains("https://") {
        true => WANTS_ONE,
        false => "what listens there is no coordinator, or one that speaks TLS: then write https://, with --ca",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_said() {
        let refused = io::Error::from_raw_os_error(111);
        assert_eq!(cause(&refused), "connection refused");
        let wrapped = tonic::Status::from_error(Box::new(io::Error::other("Peer says UnknownIssuer")));
        assert_eq!(cause(&wrapped), "peer says UnknownIssuer");
    }

    #[test]
    fn what_to_do_goes_by_the_scheme_where_the_connection_broke_off() {
        assert_eq!(advice("https://a:1", "connection closed"), Some(WANTS_ONE));
        let in_the_clear = advice("http://a:1", "connection closed").unwrap();
        assert!(in_the_clear.contains("https://"), "{in_the_clear}");
        assert_eq!(advice("http://a:1", "connection refused"), None);
    }
}
