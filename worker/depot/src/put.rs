//! Putting files: whole in one request, or in parts where they are large.

use crate::{
    depot::{Depot, in_time},
    error::{DepotError, gib},
    key::Key,
    patience::{Patience, Watch, pauses},
    stamp::{Stamp, hex},
    uplink::AT_A_TIME,
};
use object_store::{
    Attribute, Attributes, MultipartUpload, PutMultipartOptions, PutOptions, PutPayload,
    retry::{RetryContext, RetryFailure, RetryPolicy},
};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    pin::Pin,
    sync::Arc,
};
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep},
};

/// The object's metadata that holds its SHA-256, hexadecimal.
pub(crate) const SHA256: &str = "augur-sha256";
/// Bytes up to which a file is put in one request, and of a part beyond that.
const PART: u64 = 8 << 20;
/// S3 takes 10,000 parts.
const MOST_PARTS: u64 = 9_000;

impl Depot {
    /// Puts a file. Whoever looks finds the whole new one, or what was there before.
    ///
    /// # Errors
    /// A file that can't be read; a store that is away or refuses.
    pub async fn put(&self, key: &Key, file: &Path, patience: Patience) -> Result<Stamp, DepotError> {
        let stamp = Stamp::of(file).await?;
        if stamp.size <= PART {
            let bytes = tokio::fs::read(file).await;
            let bytes = bytes.map_err(|fault| DepotError::local("read", file, fault))?;
            return self.put_bytes(key, bytes, patience).await;
        }
        let what = format!("put {} ({})", self.url.of(key), gib(stamp.size));
        let watch = Arc::new(Watch::new(patience));
        let attempt = || self.put_parts(key, file, &stamp, &what, &watch);
        watch.persist(&what, &self.endpoint, attempt).await?;
        Ok(stamp)
    }

    /// Puts bytes.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn put_bytes(&self, key: &Key, bytes: Vec<u8>, patience: Patience) -> Result<Stamp, DepotError> {
        let stamp = Stamp::of_bytes(&bytes);
        let what = format!("put {}", self.url.of(key));
        let path = self.path(Some(key))?;
        let payload = PutPayload::from(bytes);
        let watch = Watch::new(patience);
        let attempt = || async {
            let _turn = self.uplink.turn(&watch).await;
            let options = PutOptions {
                attributes: attributes(&stamp),
                ..PutOptions::default()
            };
            let put = self.store.put_opts(&path, payload.clone(), options).await;
            put.map_err(|fault| self.fault_of_put(&what, fault))?;
            self.uplink.landed();
            Ok(())
        };
        watch.persist(&what, &self.endpoint, attempt).await?;
        Ok(stamp)
    }

    /// One try to put a large file. A part that fails is tried again by itself.
    async fn put_parts(
        &self,
        key: &Key,
        file: &Path,
        stamp: &Stamp,
        what: &str,
        watch: &Arc<Watch>,
    ) -> Result<(), DepotError> {
        let path = self.path(Some(key))?;
        let options = PutMultipartOptions {
            attributes: attributes(stamp),
            ..PutMultipartOptions::default()
        };
        let options = options.with_retry_policy(Arc::new(UntilDeadline(Arc::clone(watch))));
        let upload = in_time(self.store.put_multipart_opts(&path, options)).await?;
        let mut upload = upload.map_err(|fault| self.fault_of_put(what, fault))?;
        let sent = self.send(upload.as_mut(), file, stamp, what, watch).await;
        if sent.is_err() {
            // The store's own rule for uploads that were left unfinished removes it otherwise.
            let _ = upload.abort().await;
        }
        sent
    }

    async fn send(
        &self,
        upload: &mut dyn MultipartUpload,
        file: &Path,
        stamp: &Stamp,
        what: &str,
        watch: &Watch,
    ) -> Result<(), DepotError> {
        let unreadable = |fault| DepotError::local("read", file, fault);
        let part = PART.max(stamp.size.div_ceil(MOST_PARTS));
        let mut source = Source {
            file: File::open(file).map_err(unreadable)?,
            hash: Sha256::new(),
        };
        let mut under_way = JoinSet::new();
        let landed = |part: Result<Result<(), object_store::Error>, tokio::task::JoinError>| {
            watch.moves();
            match part {
                Ok(part) => part.map_err(|fault| self.fault_of_put(what, fault)),
                Err(panic) => Err(DepotError::Hiccup(panic.to_string())),
            }
        };
        for _ in 0..stamp.size.div_ceil(part) {
            // Before it is read, so that no more are in memory than are on their way.
            let turn = self.uplink.turn(watch).await;
            let read = spawn_blocking(move || source.next(part)).await;
            let (bytes, rest) = read
                .unwrap_or_else(|panic| Err(io::Error::other(panic)))
                .map_err(unreadable)?;
            source = rest;
            if bytes.is_empty() {
                break;
            }
            let (sending, uplink) = (upload.put_part(PutPayload::from(bytes)), self.uplink.clone());
            under_way.spawn(async move {
                let _turn = turn;
                sending.await.inspect(|()| uplink.landed())
            });
            while under_way.len() >= AT_A_TIME {
                if let Some(part) = under_way.join_next().await {
                    landed(part)?;
                }
            }
        }
        while let Some(part) = under_way.join_next().await {
            landed(part)?;
        }
        if hex(source.hash) != stamp.sha256 {
            return Err(unreadable(io::Error::other("it changed while it was put")));
        }
        upload
            .complete()
            .await
            .map(drop)
            .map_err(|fault| self.fault_of_put(what, fault))
    }

    /// As [`Depot::fault`]; what is not found is the bucket.
    fn fault_of_put(&self, what: &str, fault: object_store::Error) -> DepotError {
        match self.fault(what, fault) {
            // Another one to the same key at the same time, or an upload that the store forgot.
            DepotError::NotThere(what) | DepotError::Changed(what) => DepotError::Hiccup(what),
            other => other,
        }
    }
}

/// A file that is read and hashed part by part.
struct Source {
    file: File,
    hash: Sha256,
}

impl Source {
    fn next(mut self, length: u64) -> io::Result<(Vec<u8>, Self)> {
        let mut bytes = Vec::new();
        (&mut self.file).take(length).read_to_end(&mut bytes)?;
        self.hash.update(&bytes);
        Ok((bytes, self))
    }
}

fn attributes(stamp: &Stamp) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::Metadata(SHA256.into()), stamp.sha256.clone().into());
    attributes
}

/// Parts are tried again until the deadline of the whole.
struct UntilDeadline(Arc<Watch>);

impl std::fmt::Debug for UntilDeadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UntilDeadline")
    }
}

impl RetryPolicy for UntilDeadline {
    // As `async_trait` writes it.
    fn retry<'a, 'wait>(&'a self, context: RetryContext) -> Pin<Box<dyn Future<Output = bool> + Send + 'wait>>
    where
        'a: 'wait,
    {
        Box::pin(async move {
            let is_final = match context.failure {
                RetryFailure::Status(status) => status.is_client_error() && ![408, 429].contains(&status.as_u16()),
                _ => false,
            };
            let pause = pauses().nth(context.attempt.min(8)).unwrap_or_default();
            if is_final || Instant::now() + pause >= self.0.deadline() {
                return false;
            }
            sleep(pause).await;
            true
        })
    }
}
