//! What cached images are known by: the bytes of their files and all that was done to them.

use crate::DataError;
use sha2::{Digest, Sha256};
use std::{
    fmt::{self, Display},
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The way from files to values: raised whenever decoding or resizing comes to give other bits.
const PIXELS: u64 = 1;

/// The identity of cached images: SHA-256 over content and preprocessing. Names and times of files have no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

/// A key in the making. The order of its parts counts.
#[derive(Clone, Debug)]
pub struct KeyBuilder(Sha256);

impl CacheKey {
    /// Begins the key of images that `decoder` makes, such as `folder` or `svhn`.
    pub fn of(decoder: &str) -> KeyBuilder {
        KeyBuilder(Sha256::new())
            .with("pixels", PIXELS)
            .with("decoder", decoder)
    }

    /// The hash's bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl KeyBuilder {
    /// Adds a setting that the values depend on, such as `size_px`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.text(name);
        self.text(&value.to_string());
        self
    }

    /// Adds the content of the file at `path`.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn file(mut self, path: &Path) -> Result<Self, DataError> {
        match digest(path) {
            Ok(digest) => {
                self.0.update(digest);
                Ok(self)
            }
            Err(fault) => Err(DataError::Unreadable {
                path: path.into(),
                fault: fault.to_string(),
            }),
        }
    }

    /// Adds the content of all these files, in this order.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn files<P: AsRef<Path>>(self, paths: impl IntoIterator<Item = P>) -> Result<Self, DataError> {
        paths.into_iter().try_fold(self, |key, path| key.file(path.as_ref()))
    }

    /// The key.
    pub fn finish(self) -> CacheKey {
        CacheKey(self.0.finalize().into())
    }

    /// With its length in front, so that no two lists of parts run together into the same bytes.
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }
}

impl Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(n) => hash.update(&part[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, PIXELS, Sha256};
    use crate::resize::{GREY, Resizer};

    /// Of the values that a JPEG file, the format whose decoders differ, and an odd resizing give.
    fn fingerprint() -> String {
        let jpeg = include_bytes!("../../tests/fixtures/pixels.jpg");
        let image = image::load_from_memory(jpeg).unwrap().into_rgb8();
        let from = (image.width() as usize, image.height() as usize);
        let mut values = Vec::new();
        Resizer::new(from, 11).append(image.as_raw(), 3, GREY, &mut values);
        let mut hash = Sha256::new_with_prefix(image.as_raw());
        values
            .iter()
            .for_each(|value| hash.update(value.to_bits().to_le_bytes()));
        hash.finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    #[test]
    fn other_values_come_with_another_version() {
        assert_eq!(
            (PIXELS, &*fingerprint()),
            (1, "aad0c3d0b01c1b0f"),
            "decoding or resizing gives other bits: raise PIXELS, so that entries from before are not used, and put \
             both here"
        );
    }
}
