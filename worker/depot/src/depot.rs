//! A place in a bucket.

use crate::{
    error::DepotError,
    key::Key,
    patience::{Patience, Watch},
    place::StoreUrl,
    uplink::Uplink,
};
use object_store::{
    ClientOptions, Error, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, path::Path as ObjectPath,
};
use std::{collections::BTreeMap, env, ffi::OsString, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_stream::StreamExt;

/// How long a connection may take to be made, and to bring the next answer or the next piece of one. What is put has no such
/// limit, for an answer comes only once all of it was sent; its patience bounds it.
const CONNECT: Duration = Duration::from_secs(5);
const NEXT_BYTE: Duration = Duration::from_secs(20);

/// A place in a bucket. A clone is the same place.
#[derive(Clone, Debug)]
pub struct Depot {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) url: StoreUrl,
    /// Where the store is, for people.
    pub(crate) endpoint: String,
    /// What is put, by all clones together.
    pub(crate) uplink: Uplink,
}

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its key, below the place.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// What the store tells versions apart by.
    pub e_tag: Option<String>,
}

impl Depot {
    /// Opens a place, as the variables `AWS_*` of this process say. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// Variables that say what can't be.
    pub fn open(url: &StoreUrl) -> Result<Self, DepotError> {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::open_with(url, &env::vars_os().filter_map(text).collect())
    }

    /// The same, as these variables say.
    ///
    /// # Errors
    /// Variables that say what can't be.
    pub fn open_with(url: &StoreUrl, variables: &BTreeMap<String, String>) -> Result<Self, DepotError> {
        // Whoever comes first installs it; all of augur has the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let named = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let allows_http = named("AWS_ALLOW_HTTP").is_some_and(|yes| yes.eq_ignore_ascii_case("true") || yes == "1");
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT)
            .with_allow_http(allows_http);
        // Tries are ours, so that every fault is seen and each call has its own deadline.
        let retry = RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new();
        for (name, value) in variables.iter().filter(|(name, _)| name.starts_with("AWS_")) {
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        let builder = builder
            .with_bucket_name(url.bucket())
            .with_client_options(options)
            .with_retry(retry);
        let store = builder.build().map_err(|fault| DepotError::Settings {
            place: url.clone(),
            why: fault.to_string(),
        })?;
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
            .into_iter()
            .find_map(named);
        if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) && !allows_http {
            return Err(DepotError::Settings {
                place: url.clone(),
                why: "its address begins with http:// and AWS_ALLOW_HTTP is not `true`".into(),
            });
        }
        Ok(Self {
            store: Arc::new(store),
            url: url.clone(),
            endpoint: endpoint.map_or_else(|| "AWS".into(), ToString::to_string),
            uplink: Uplink::new(),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &StoreUrl {
        &self.url
    }

    /// Finds out whether the store answers, knows the bucket and lets us list it.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn check(&self, patience: Patience) -> Result<(), DepotError> {
        let what = format!("list {}", self.url);
        let path = self.path(None)?;
        let attempt = || async {
            let mut objects = self.store.list(Some(&path));
            let first = in_time(objects.next()).await?;
            first.transpose().map(drop).map_err(|fault| self.fault(&what, fault))
        };
        Watch::new(patience).persist(&what, &self.endpoint, attempt).await
    }

    /// All objects below a key, in the order of their keys.
    ///
    /// # Errors
    /// A store that is away; a key that is no path ([`Key`]).
    pub async fn list(&self, below: Option<&Key>, patience: Patience) -> Result<Vec<Found>, DepotError> {
        self.list_where(below, &|_| true, patience).await
    }

    /// The same, of the keys that `is_wanted`; no other is held in memory.
    ///
    /// # Errors
    /// A store that is away; a wanted key that is no path ([`Key`]).
    pub(crate) async fn list_where(
        &self,
        below: Option<&Key>,
        is_wanted: &(dyn Fn(&str) -> bool + Send + Sync),
        patience: Patience,
    ) -> Result<Vec<Found>, DepotError> {
        let what = format!(
            "list {}",
            below.map_or_else(|| self.url.to_string(), |key| self.url.of(key))
        );
        let path = self.path(below)?;
        let prefix = self.path(None)?;
        let watch = Watch::new(patience);
        let attempt = || async {
            let mut objects = self.store.list(Some(&path));
            let mut found = Vec::new();
            while let Some(object) = in_time(objects.next()).await? {
                let object = object.map_err(|fault| self.fault(&what, fault))?;
                watch.moves();
                let full = object.location.as_ref();
                let key = full.strip_prefix(prefix.as_ref()).unwrap_or(full);
                // What tools make for an empty folder.
                if object.size == 0 && key.ends_with('/') || key.is_empty() {
                    continue;
                }
                let key = key.trim_start_matches('/');
                if !is_wanted(key) {
                    continue;
                }
                found.push(Found {
                    key: Key::parse(key)?,
                    size: object.size,
                    e_tag: object.e_tag,
                });
            }
            found.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(found)
        };
        watch.persist(&what, &self.endpoint, attempt).await
    }

    /// Removes an object; one that is not there is no fault.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn delete(&self, key: &Key, patience: Patience) -> Result<(), DepotError> {
        let what = format!("remove {}", self.url.of(key));
        let path = self.path(Some(key))?;
        let attempt = || async {
            match in_time(self.store.delete(&path)).await? {
                Err(fault) => match self.fault(&what, fault) {
                    DepotError::NotThere(_) => Ok(()),
                    other => Err(other),
                },
                Ok(()) => Ok(()),
            }
        };
        Watch::new(patience).persist(&what, &self.endpoint, attempt).await
    }

    /// Removes every object below a key.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn delete_below(&self, key: &Key, patience: Patience) -> Result<usize, DepotError> {
        let found = self.list(Some(key), patience).await?;
        for object in &found {
            self.delete(&object.key, patience).await?;
        }
        Ok(found.len())
    }

    pub(crate) fn path(&self, key: Option<&Key>) -> Result<ObjectPath, DepotError> {
        let full = self.url.full(key);
        ObjectPath::parse(&full).map_err(|_| DepotError::Key {
            key: full,
            why: "is none that a store takes",
        })
    }

    /// What a fault of the store means. `what` completes "can't ...".
    pub(crate) fn fault(&self, what: &str, fault: Error) -> DepotError {
        let text = chain(&fault);
        let code = between(&text, "<Code>", "</Code>").unwrap_or_default().to_owned();
        let (what, endpoint) = (what.to_owned(), self.endpoint.clone());
        let status = between(&text, "status code: ", " ").and_then(|status| status.parse::<u16>().ok());
        let denied = [
            "AccessDenied",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "InvalidToken",
        ];
        match fault {
            _ if code == "NoSuchBucket" => DepotError::NoBucket {
                what,
                endpoint,
                bucket: self.url.bucket().to_owned(),
            },
            _ if denied.contains(&code.as_str()) => DepotError::Denied { what, endpoint, code },
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => DepotError::Denied {
                what,
                endpoint,
                code: status.map_or_else(|| "no credentials".into(), |status| format!("status {status}")),
            },
            Error::NotFound { path, .. } => DepotError::NotThere(format!("s3://{}/{path}", self.url.bucket())),
            Error::Precondition { path, .. } => DepotError::Changed(format!("s3://{}/{path}", self.url.bucket())),
            Error::Generic { .. } if !status.is_some_and(is_final) => DepotError::Hiccup(short(&text, status, &code)),
            _ => DepotError::Other {
                what,
                endpoint,
                why: short(&text, status, &code),
            },
        }
    }
}

/// What comes, if it comes before a connection has to be taken for dead.
pub(crate) async fn in_time<T>(coming: impl Future<Output = T>) -> Result<T, DepotError> {
    let silent = |_| DepotError::Hiccup(format!("nothing came for {} s", NEXT_BYTE.as_secs()));
    timeout(NEXT_BYTE, coming).await.map_err(silent)
}

/// Whether the same request would be answered the same again.
fn is_final(status: u16) -> bool {
    (300..500).contains(&status) && ![408, 425, 429].contains(&status)
}

/// The sentence of a fault, for people.
fn short(text: &str, status: Option<u16>, code: &str) -> String {
    match (status, code) {
        (Some(status), "") => format!("the store answers with status {status}"),
        (Some(status), code) => format!("the store answers with status {status}, {code}"),
        // The last link of the chain is the system's own words.
        (None, _) => text.rsplit(": ").next().unwrap_or(text).chars().take(300).collect(),
    }
}

fn chain(fault: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(fault.source(), |source| (*source).source());
    sources.fold(fault.to_string(), |text, source| format!("{text}: {source}"))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(begin)? + begin.len()..];
    Some(&rest[..rest.find(end).unwrap_or(rest.len())])
}
