//! Pages: a capped size, and an opaque token that fits the list for which it was made and no other (AIP-158).

use crate::error::{Error, Result};
use augur_core::spec::sha256_of;
use serde::Serialize;
use std::{fmt::Display, str::FromStr};

/// Entries on a page unless asked otherwise, and at most.
const DEFAULT: u32 = 100;
const CAP: u32 = 1000;

/// Digits of the hash that ties a token to its list.
const TIE: usize = 16;

/// What to read for one page; `K` is the key of an entry, by which the list goes on.
pub(super) struct Page<K = i64> {
    /// The key to go on from; none at the beginning.
    pub from: Option<K>,
    /// Entries.
    pub size: u32,
    list: String,
}

impl<K: FromStr + Display> Page<K> {
    /// Reads a request. `list` is whatever decides on the entries: kind, parent, filters.
    pub fn of(size: i32, token: &str, list: &impl Serialize) -> Result<Self> {
        let size = match u32::try_from(size) {
            Ok(0) => DEFAULT,
            Ok(size) => size.min(CAP),
            Err(_) => {
                return Err(Error::Invalid {
                    field: "page_size",
                    problem: format!("is {size}; use 0 to {CAP}"),
                });
            }
        };
        let mut page = Self {
            from: None,
            size,
            list: sha256_of(list),
        };
        if !token.is_empty() {
            let key = token.rsplit_once('-').and_then(|(key, _)| key.parse().ok());
            page.from = key.filter(|key| page.token(key) == token);
            if page.from.is_none() {
                return Err(Error::Invalid {
                    field: "page_token",
                    problem: "was not made for this list; begin again without it".into(),
                });
            }
        }
        Ok(page)
    }

    /// The entries of this page, read with one to spare, and the token of the next page: empty on the last one.
    pub fn cut<T>(&self, mut entries: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<T>, String) {
        let mut token = String::new();
        if entries.len() > self.size as usize {
            entries.truncate(self.size as usize);
            token = entries.last().map(|last| self.token(&key(last))).unwrap_or_default();
        }
        (entries, token)
    }

    /// How many entries to read: one more than fits, to know whether there is another page.
    pub fn limit(&self) -> u32 {
        self.size + 1
    }

    fn token(&self, key: &K) -> String {
        let key = key.to_string();
        format!("{key}-{}", &sha256_of(&(&self.list, &key))[..TIE])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_on_and_fits_its_own_list_only() {
        let page = Page::<i64>::of(2, "", &"trials").unwrap();
        let (entries, token) = page.cut(vec![4, 5, 6], |n| *n);
        assert_eq!(entries, [4, 5]);
        assert_eq!(Page::<i64>::of(2, &token, &"trials").unwrap().from, Some(5));
        assert!(Page::<i64>::of(2, &token, &"groups").is_err());
        assert!(Page::<i64>::of(2, &token.replacen('5', "6", 1), &"trials").is_err());
        assert_eq!(page.cut(vec![4, 5], |n| *n).1, "");
    }

    #[test]
    fn sizes_are_capped() {
        assert_eq!(Page::<i64>::of(0, "", &"").unwrap().size, DEFAULT);
        assert_eq!(Page::<i64>::of(i32::MAX, "", &"").unwrap().size, CAP);
        assert!(Page::<i64>::of(-1, "", &"").is_err());
    }
}
