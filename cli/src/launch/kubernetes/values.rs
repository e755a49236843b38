//! Values of options, checked before a cluster is asked.

/// The longest that names of objects may begin with: pods of a Job have up to 20 characters more, and 63 in all.
const NAME: usize = 40;
/// The longest name of an object that becomes no label.
const SUBDOMAIN: usize = 253;

/// A quantity in Kubernetes' notation: `2`, `500m`, `4Gi`.
pub type Quantity = String;

/// A label and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Such as `kubernetes.io/arch`.
    pub key: String,
    /// Such as `amd64`.
    pub value: String,
}

/// A taint that is tolerated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// Such as `nvidia.com/gpu`.
    pub key: String,
    /// None for any.
    pub value: Option<String>,
    /// None for any.
    pub effect: Option<String>,
}

/// What becomes the beginning of objects' names.
pub fn label_name(text: &str) -> Result<String, String> {
    let is_name = is_dns(text) && text.len() <= NAME && text.starts_with(|c: char| c.is_ascii_lowercase());
    match is_name && !text.contains('.') {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "use lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen, at most {NAME}"
        )),
    }
}

/// The name of an object that is there already.
fn object(text: &str) -> Result<String, String> {
    match is_dns(text) && text.len() <= SUBDOMAIN {
        true => Ok(text.to_owned()),
        false => Err("it is no name of an object of Kubernetes: lower-case letters, digits, hyphens and dots".into()),
    }
}

/// The name of a claim or a class.
pub fn claim(text: &str) -> Result<String, String> {
    object(text)
}

/// The name of a Secret.
pub fn secret(text: &str) -> Result<String, String> {
    object(text)
}

fn is_dns(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.chars().all(is_inner) && is_edge(text.chars().next()) && is_edge(text.chars().last())
}

/// A positive amount: digits, a fraction, and a suffix that Kubernetes knows.
pub fn quantity(text: &str) -> Result<Quantity, String> {
    const SUFFIXES: [&str; 13] = ["", "m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let is_positive = number.parse::<f64>().is_ok_and(|number| number > 0.0);
    match is_positive && SUFFIXES.contains(&suffix) {
        true => Ok(text.to_owned()),
        false => Err("write an amount as Kubernetes does, such as 2, 500m or 4Gi".into()),
    }
}

/// `KEY=VALUE`.
pub fn selector(text: &str) -> Result<Selector, String> {
    match text.split_once('=') {
        Some((key, value)) if is_key(key) && is_value(value) => Ok(Selector {
            key: key.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("write a node's label as KEY=VALUE, such as kubernetes.io/arch=amd64".into()),
    }
}

/// `KEY[=VALUE][:EFFECT]`.
pub fn taint(text: &str) -> Result<Taint, String> {
    const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    let (left, effect) = match text.rsplit_once(':') {
        Some((left, effect)) => (left, Some(effect)),
        None => (text, None),
    };
    let (key, value) = match left.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (left, None),
    };
    let is_taint = is_key(key) && value.is_none_or(is_value) && effect.is_none_or(|effect| EFFECTS.contains(&effect));
    match is_taint {
        true => Ok(Taint {
            key: key.to_owned(),
            value: value.map(str::to_owned),
            effect: effect.map(str::to_owned),
        }),
        false => Err(format!(
            "write a taint as KEY, KEY=VALUE or KEY=VALUE:EFFECT; effects are {}",
            EFFECTS.join(", ")
        )),
    }
}

/// A label's key: a name, before it a domain and a slash where there is one.
fn is_key(text: &str) -> bool {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    domain.is_none_or(|domain| is_dns(domain) && domain.len() <= SUBDOMAIN) && !name.is_empty() && is_value(name)
}

fn is_value(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.chars().all(is_inner)
        && text.chars().next().is_none_or(is_edge)
        && text.chars().last().is_none_or(is_edge)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_object_may_have() {
        for good in ["demo", "a", "a-1", &"a".repeat(40)] {
            assert!(label_name(good).is_ok(), "{good}");
        }
        for bad in ["", "Demo", "1a", "-a", "a-", "a_b", "a.b", &"a".repeat(41)] {
            assert!(label_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts() {
        for good in ["1", "0.5", "500m", "4Gi", "10M"] {
            assert!(quantity(good).is_ok(), "{good}");
        }
        for bad in ["", "0", "-1", "4GB", "Gi", "1.2.3", "4 Gi", "1e3"] {
            assert!(quantity(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_and_taints() {
        let wanted = |key: &str, value: &str| Selector {
            key: key.into(),
            value: value.into(),
        };
        assert_eq!(
            selector("gpu.example/kind=a100").unwrap(),
            wanted("gpu.example/kind", "a100")
        );
        assert_eq!(selector("pool=").unwrap(), wanted("pool", ""));
        for bad in ["pool", "=a", "a b=c", "a=b c", "a/=b", "/a=b"] {
            assert!(selector(bad).is_err(), "{bad}");
        }
        let spot = taint("spot=true:NoSchedule").unwrap();
        assert_eq!(
            (spot.key.as_str(), spot.value.as_deref(), spot.effect.as_deref()),
            ("spot", Some("true"), Some("NoSchedule"))
        );
        assert_eq!(taint("spot").unwrap().effect, None);
        assert_eq!(taint("spot:NoExecute").unwrap().value, None);
        for bad in ["", ":NoSchedule", "spot:Never", "spot=a b"] {
            assert!(taint(bad).is_err(), "{bad}");
        }
    }
}
