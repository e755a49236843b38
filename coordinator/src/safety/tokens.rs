//! Tokens: 256 random bits that somebody holds, of which only the SHA-256 is kept.
//!
//! A file has a line for each: `NAME ROLE SHA256 MADE EXPIRES`, times as of RFC 3339, `-` for never. What is decided here is a
//! function of the file's text and the moment.

use super::{
    error::{Denial, SafetyError},
    roles::Role,
};
use augur_core::time::Timestamp;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{fmt, path::Path, time::Duration};
use subtle::ConstantTimeEq;

/// What every token begins with, so that one that was published by mistake is found.
const PREFIX: &str = "augur_";

/// The first lines of a file of tokens.
const HEAD: &str = "# Tokens of an augur coordinator: only their SHA-256. `augur-coordinator token` adds, removes and rotates.\n\
                    # NAME ROLE SHA256 MADE EXPIRES\n";

/// The hash of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

/// What is kept of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who holds it. An old and a new one may have the same.
    pub name: String,
    /// What it is for.
    pub role: Role,
    pub(super) hash: Hash,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends to be valid.
    pub expires: Option<Timestamp>,
}

/// All of a file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tokens(Vec<Entry>);

impl Hash {
    /// Of a token's text.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    fn parse(text: &str) -> Option<Self> {
        let digits: Option<Vec<u8>> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
            .collect();
        Some(Self(digits?.try_into().ok()?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Entry {
    /// Whether its time is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    fn parse(line: &str) -> Result<Self, String> {
        let parts: Vec<_> = line.split_whitespace().collect();
        let [name, role, hash, made, expires] = parts[..] else {
            return Err(format!("{} fields instead of 5", parts.len()));
        };
        Ok(Self {
            name: checked_name(name)?,
            role: role.parse()?,
            hash: Hash::parse(hash).ok_or_else(|| format!("`{hash}` is no SHA-256 in hexadecimal"))?,
            made: parse_time(made)?,
            expires: if expires == "-" {
                None
            } else {
                Some(parse_time(expires)?)
            },
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires = self.expires.map_or("-".to_owned(), show_time);
        let Self { name, role, hash, .. } = self;
        write!(f, "{name} {role} {hash} {} {expires}", show_time(self.made))
    }
}

/// A name that fits into a line, and into a log.
pub fn checked_name(name: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    match name.len() {
        1..=64 if name.chars().all(is_plain) && name != "-" => Ok(name.to_owned()),
        _ => Err(format!("`{name}` is no name; use 1 to 64 letters, digits and . _ - @")),
    }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(|time| Timestamp(time.as_millisecond()))
        .map_err(|_| format!("`{text}` is no time; write it like 2027-01-31T12:00:00Z"))
}

/// As of RFC 3339, to the second.
pub fn show_time(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.0.div_euclid(1000)).map_or_else(|_| time.0.to_string(), |time| time.to_string())
}

impl Tokens {
    /// Reads a file's text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SafetyError> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let told = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entries = told.map(|(line, text)| {
            Entry::parse(text).map_err(|fault| SafetyError::Tokens {
                path: path.to_owned(),
                line,
                fault,
            })
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// Whose this is. Every hash is compared to its last byte, so that the time tells nothing.
    pub fn find(&self, hash: Hash, now: Timestamp) -> Result<&Entry, Denial> {
        let mut found = None;
        for entry in &self.0 {
            if bool::from(entry.hash.0.ct_eq(&hash.0)) {
                found = Some(entry);
            }
        }
        let entry = found.ok_or(Denial::TokenUnknown)?;
        if entry.has_expired(now) {
            return Err(Denial::TokenExpired(entry.name.clone()));
        }
        Ok(entry)
    }

    /// With another one, whose text is given too: it is never seen again.
    pub fn add(
        &mut self,
        name: &str,
        role: Role,
        now: Timestamp,
        lasts: Option<Duration>,
    ) -> Result<String, SafetyError> {
        if self.0.iter().any(|entry| entry.name == name) {
            return Err(SafetyError::NameTaken(name.to_owned()));
        }
        self.push(name, role, now, lasts)
    }

    /// Without those of this name.
    pub fn remove(&mut self, name: &str) -> Result<(), SafetyError> {
        let before = self.0.len();
        self.0.retain(|entry| entry.name != name);
        if self.0.len() == before {
            return Err(SafetyError::NoToken(name.to_owned()));
        }
        Ok(())
    }

    /// With a new one for an old one, which stays valid for a while.
    pub fn rotate(
        &mut self,
        name: &str,
        now: Timestamp,
        grace: Duration,
        lasts: Option<Duration>,
    ) -> Result<String, SafetyError> {
        let newest = self.0.iter().rfind(|entry| entry.name == name);
        let role = newest.ok_or_else(|| SafetyError::NoToken(name.to_owned()))?.role;
        self.0.retain(|entry| entry.name != name || !entry.has_expired(now));
        let end = now.after(grace);
        for entry in self.0.iter_mut().filter(|entry| entry.name == name) {
            entry.expires = Some(entry.expires.map_or(end, |expires| expires.min(end)));
        }
        self.push(name, role, now, lasts)
    }

    fn push(&mut self, name: &str, role: Role, now: Timestamp, lasts: Option<Duration>) -> Result<String, SafetyError> {
        let token = random()?;
        self.0.push(Entry {
            name: name.to_owned(),
            role,
            hash: Hash::of(&token),
            made: now,
            expires: lasts.map(|lasts| now.after(lasts)),
        });
        Ok(token)
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.0.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

fn random() -> Result<String, SafetyError> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|fault| SafetyError::Random(fault.to_string()))?;
    Ok(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn find<'a>(tokens: &'a Tokens, token: &str, now: Timestamp) -> Result<&'a Entry, Denial> {
        tokens.find(Hash::of(token), now)
    }

    #[test]
    fn what_is_written_is_read_again_and_holds_no_token() {
        let mut tokens = Tokens::default();
        let token = tokens.add("alice", Role::Submitter, NOW, Some(HOUR)).unwrap();
        tokens.add("bob", Role::Viewer, NOW, None).unwrap();
        let text = tokens.to_string();
        assert!(
            token.len() == PREFIX.len() + 43 && !text.contains(&token[PREFIX.len()..]),
            "{text}"
        );
        let read = Tokens::parse(&text, Path::new("tokens")).unwrap();
        assert!(read == tokens, "{text}");
        assert_eq!(find(&read, &token, NOW).unwrap().name, "alice");
        assert!(matches!(find(&read, "augur_x", NOW), Err(Denial::TokenUnknown)));
        assert!(matches!(find(&read, &token, NOW.after(HOUR)), Err(Denial::TokenExpired(name)) if name == "alice"));
    }

    #[test]
    fn an_old_token_stays_for_its_grace_and_never_longer_than_before() {
        let mut tokens = Tokens::default();
        let first = tokens.add("w", Role::Worker, NOW, Some(HOUR / 2)).unwrap();
        let second = tokens.rotate("w", NOW, HOUR, None).unwrap();
        assert_eq!(find(&tokens, &first, NOW).unwrap().role, Role::Worker);
        assert!(find(&tokens, &first, NOW.after(HOUR / 2)).is_err());
        let third = tokens.rotate("w", NOW.after(HOUR / 2), HOUR, None).unwrap();
        assert_eq!(tokens.iter().count(), 2, "the expired one is gone");
        assert!(find(&tokens, &second, NOW.after(HOUR)).is_ok());
        assert!(find(&tokens, &second, NOW.after(2 * HOUR)).is_err());
        assert!(find(&tokens, &third, NOW.after(1000 * HOUR)).is_ok());
        assert!(matches!(
            tokens.add("w", Role::Viewer, NOW, None),
            Err(SafetyError::NameTaken(_))
        ));
        tokens.remove("w").unwrap();
        assert!(matches!(tokens.remove("w"), Err(SafetyError::NoToken(_))));
        assert!(matches!(
            tokens.rotate("w", NOW, HOUR, None),
            Err(SafetyError::NoToken(_))
        ));
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        for (line, fault) in [
            ("a viewer 00 2027-01-31T12:00:00Z -", "`00` is no SHA-256"),
            ("a king 00 2027-01-31T12:00:00Z -", "`king` is no role"),
            ("a viewer", "2 fields instead of 5"),
            ("a/b viewer x y -", "`a/b` is no name"),
        ] {
            let error = Tokens::parse(&format!("# one\n\n{line}\n"), Path::new("t"))
                .err()
                .unwrap();
            let text = error.to_string();
            assert!(text.starts_with("t, line 3: ") && text.contains(fault), "{text}");
        }
    }
}
