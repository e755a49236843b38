//! Files of a preview: their names, and each replaced whole.

use super::PreviewError;
use image::RgbImage;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Cursor, Write},
    path::PathBuf,
};

/// The folder of a preview.
pub(super) struct Folder {
    path: PathBuf,
    /// Names given so far; in lower case, since some file systems don't tell them apart.
    taken: BTreeSet<String>,
}

impl Folder {
    /// Makes the folder if it isn't there. What is in it stays.
    pub fn open(path: PathBuf) -> Result<Self, PreviewError> {
        let taken = BTreeSet::new();
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Self { path, taken }),
            Err(fault) => Err(PreviewError::Unwritable { path, fault }),
        }
    }

    /// A file name of `words`, which are a user's; no name is given twice.
    pub fn name(&mut self, words: &[&str]) -> String {
        let stem: Vec<_> = words.iter().map(|word| plain(word)).collect();
        let stem = stem.join(".");
        let names = (1..).map(|n| match n {
            1 => format!("{stem}.png"),
            _ => format!("{stem}_{n}.png"),
        });
        let mut names = names.skip_while(|name| self.taken.contains(&name.to_lowercase()));
        let name = names.next().unwrap_or_default();
        self.taken.insert(name.to_lowercase());
        name
    }

    /// Writes an image as PNG.
    pub fn png(&self, name: &str, image: &RgbImage) -> Result<(), PreviewError> {
        let mut bytes = Cursor::new(Vec::new());
        let encoded = image.write_to(&mut bytes, image::ImageFormat::Png);
        let written = encoded
            .map_err(io::Error::other)
            .and_then(|()| self.replace(name, bytes.get_ref()));
        written.map_err(|fault| self.unwritable(name, fault))
    }

    /// Writes a text.
    pub fn text(&self, name: &str, text: &str) -> Result<PathBuf, PreviewError> {
        self.replace(name, text.as_bytes())
            .map_err(|fault| self.unwritable(name, fault))?;
        Ok(self.path.join(name))
    }

    /// Through a temporary file: who looks meanwhile sees the old file or the new one.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".preview-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::{fs::Permissions, os::unix::fs::PermissionsExt};
            // As for any file, the umask has the last word; the crate's own default is for secrets.
            builder.permissions(Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        file.persist(self.path.join(name))?;
        Ok(())
    }

    fn unwritable(&self, name: &str, fault: io::Error) -> PreviewError {
        let path = self.path.join(name);
        PreviewError::Unwritable { path, fault }
    }
}

/// Letters, digits and a few signs, so that it is one name on every system and in every link.
fn plain(word: &str) -> String {
    let plain = |c: char| match c {
        _ if c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '_') => c,
        _ => '_',
    };
    word.chars().take(80).map(plain).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]
mod tests {
    use super::*;

    #[test]
    fn names_stand_once_and_lead_nowhere_else() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(place.path().join("a/b")).unwrap();
        assert_eq!(folder.name(&["../x y", "scar"]), "___x_y.scar.png");
        assert_eq!(folder.name(&["Bag", "scar"]), "Bag.scar.png");
        assert_eq!(folder.name(&["bag", "scar"]), "bag.scar_2.png");
        assert_eq!(folder.name(&["bag", "scar"]), "bag.scar_3.png");
    }
}
