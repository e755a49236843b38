//! Where coordinators are.

use crate::AccessError;
use std::{fmt, net::IpAddr, str::FromStr};
use tonic::transport::{Endpoint, Uri};

/// One or more addresses, separated by commas: `https://a:7461,https://b:7461`. Without a scheme it is `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(Vec<Address>);

/// One of them: scheme, host, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Uri);

impl Addresses {
    /// Each of them, the preferred one first; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Address> {
        self.0.iter()
    }
}

impl FromStr for Addresses {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let each = text.split(',').map(|part| part.trim().parse());
        each.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&each.join(","))
    }
}

impl Address {
    /// Whether it is spoken over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Whether what is sent there stays on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.0.host().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from(self.0.clone())
    }
}

impl FromStr for Address {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let fault = || AccessError::Address { given: text.to_owned() };
        let complete = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let uri: Uri = complete.parse().map_err(|_| fault())?;
        let is_known = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if is_known && has_host {
            Ok(Self(uri))
        } else {
            Err(fault())
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `Uri` ends with a slash that nobody wrote.
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn one_or_more_with_or_without_a_scheme() {
        for (given, meant) in [
            ("http://127.0.0.1:7461", "http://127.0.0.1:7461"),
            ("localhost:7461", "http://localhost:7461"),
            ("https://a:1, https://b:2", "https://a:1,https://b:2"),
            ("[::1]:7461", "http://[::1]:7461"),
        ] {
            assert_eq!(given.parse::<Addresses>().unwrap().to_string(), meant);
        }
        for given in ["", "http://", "a:1,", "ftp://a:1", "http:// a", "a b"] {
            assert!(
                matches!(given.parse::<Addresses>(), Err(AccessError::Address { .. })),
                "{given}"
            );
        }
    }

    #[test]
    fn loopback_is_local_and_nothing_else() {
        for (given, is_local) in [
            ("localhost:1", true),
            ("127.0.0.9:1", true),
            ("[::1]:1", true),
            ("192.0.2.1:1", false),
            ("localhost.example:1", false),
            ("0.0.0.0:1", false),
        ] {
            assert_eq!(given.parse::<Address>().unwrap().is_local(), is_local, "{given}");
        }
    }
}
