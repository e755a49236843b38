//! The folders in which whatever a spec names has to lie. A spec comes from whoever may submit, and is read with the rights of the
//! worker's user.

use augur_core::plan::TrialSpec;
use augur_train::trial::fingerprint::weights;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The folders; without any a spec may name every place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots(Vec<PathBuf>);

/// A place outside of them.
#[derive(Debug, Error)]
#[error(
    "the spec names {}, outside of what its worker may read ({}); move it there, or start workers with another `--data-root DIR`",
    place.display(),
    list(roots)
)]
pub(crate) struct Outside {
    place: PathBuf,
    roots: Vec<PathBuf>,
}

fn list(roots: &[PathBuf]) -> String {
    let each: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
    each.join(", ")
}

impl Roots {
    /// Folders of this machine, all of them there; which one is not, and why.
    pub fn open(given: &[PathBuf]) -> Result<Self, (PathBuf, io::Error)> {
        let real = |root: &PathBuf| fs::canonicalize(root).map_err(|fault| (root.clone(), fault));
        given.iter().map(real).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the trial `spec`, whose relative paths start at `base`, stays within the roots. Links are followed; what is not there
    /// counts as where it would be. Where a spec names no folder its data set is looked for in the machine's own places; what was
    /// `fetched` from a store to `base` is nowhere else.
    pub fn admit(&self, spec: &TrialSpec, base: &Path, fetched: bool) -> Result<(), Outside> {
        if self.0.is_empty() {
            return Ok(());
        }
        let named = spec.data.root().into_iter().chain(weights(spec));
        let read_here = named.filter(|name| !fetched || Path::new(name).is_absolute());
        for place in read_here.map(|name| base.join(name)) {
            let real = resolved(&place);
            if !real.is_some_and(|real| self.0.iter().any(|root| real.starts_with(root))) {
                let roots = self.0.clone();
                return Err(Outside { place, roots });
            }
        }
        Ok(())
    }
}

/// Where a path leads: by its longest part that is there. None where it goes on with `..` behind that.
fn resolved(path: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(path).ok()?;
    for there in whole.ancestors() {
        if let Ok(real) = fs::canonicalize(there) {
            let rest = whole.strip_prefix(there).ok()?;
            let goes_back = rest.components().any(|part| part == std::path::Component::ParentDir);
            return (!goes_back).then(|| real.join(rest));
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use augur_core::{plan::Plan, spec};
    use std::os::unix::fs::symlink;

    /// A trial on a folder, with pretrained weights or without.
    fn trial(root: &str, weights: Option<&str>) -> TrialSpec {
        let detector = weights.map_or("{tiny: {}}".to_owned(), |file| {
            format!("{{resnet: {{weights: {file}}}}}")
        });
        let text = format!(
            "version: 1
name: roots
data: {{folder: {{root: {root}}}}}
tasks: [{{normal: screws, anomaly: unlabelled}}]
families: [{{rotation: {{starts: {{grid: 1}}}}}}]
seeds: [0]
detector: {detector}
training: {{epochs: 1, batch: 4}}
"
        );
        Plan::new(spec::parse(&text).unwrap()).trial(0)
    }

    #[test]
    fn a_spec_stays_within_the_roots_and_nothing_else_is_asked_of_a_worker_without() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["data/screws", "data2", "base"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        symlink(at("base"), at("data/out")).unwrap();
        symlink(at("data/screws"), at("base/in")).unwrap();
        let roots = Roots::open(&[at("data")]).unwrap();
        let text = |name: &str| at(name).display().to_string();
        for (root, is_within) in [
            (text("data/screws"), true),
            (text("data"), true),
            // The loader says that it is not there.
            (text("data/none/at/all"), true),
            ("in".into(), true),
            ("../data/screws".into(), true),
            (text("data2"), false),
            (text("data/out"), false),
            (text("data/../base"), false),
            (text("data/none/../../base"), false),
            ("..".into(), false),
            (".".into(), false),
            ("/etc".into(), false),
        ] {
            let spec = trial(&root, None);
            assert_eq!(roots.admit(&spec, &at("base"), false).is_ok(), is_within, "{root}");
            assert!(Roots::default().admit(&spec, &at("base"), false).is_ok());
        }
        // Below the cache of a store there is nothing else.
        assert!(roots.admit(&trial("screws", None), &at("base"), true).is_ok());
        assert!(roots.admit(&trial("/etc", None), &at("base"), true).is_err());
        let spec = trial(&text("data"), Some("/etc/passwd"));
        let told = roots.admit(&spec, &at("base"), false).unwrap_err().to_string();
        assert!(
            told.starts_with("the spec names /etc/passwd, outside of what its worker may read ("),
            "{told}"
        );
    }

    #[test]
    fn a_root_that_is_not_there_is_named() {
        let (place, fault) = Roots::open(&["/nowhere/at/all".into()]).unwrap_err();
        assert_eq!(
            (place, fault.kind()),
            ("/nowhere/at/all".into(), io::ErrorKind::NotFound)
        );
    }
}
