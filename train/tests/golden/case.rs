//! One golden case: a `.json` with its settings beside a `.safetensors` with its tensors.

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use tch::{Kind, Tensor};

pub struct Case {
    pub name: String,
    pub json: Value,
    bytes: Vec<u8>,
}

impl Case {
    pub fn read(name: &str) -> Self {
        let open = |extension: &str| {
            let path = folder().join(format!("{name}.{extension}"));
            std::fs::read(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
        };
        let json = serde_json::from_slice(&open("json")).unwrap_or_else(|e| panic!("{name}.json: {e}"));
        Self {
            name: name.to_owned(),
            json,
            bytes: open("safetensors"),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }

    /// The tensor `name`, converted to `kind`, on the CPU.
    pub fn tensor(&self, name: &str, kind: Kind) -> Tensor {
        let tensors = self.tensors();
        let view = tensors
            .tensor(name)
            .unwrap_or_else(|e| panic!("{}.safetensors has no `{name}`: {e}", self.name));
        let stored = match view.dtype() {
            Dtype::F64 => Kind::Double,
            Dtype::F32 => Kind::Float,
            Dtype::I64 => Kind::Int64,
            other => panic!("{}.safetensors: `{name}` has the unexpected type {other:?}", self.name),
        };
        let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        Tensor::from_data_size(view.data(), &shape, stored).to_kind(kind)
    }

    /// The values of tensor `name`, flattened.
    pub fn values(&self, name: &str) -> Vec<f64> {
        Vec::try_from(self.tensor(name, Kind::Double).flatten(0, -1)).unwrap()
    }

    /// The only value of tensor `name`.
    pub fn value(&self, name: &str) -> f64 {
        let values = self.values(name);
        assert_eq!(
            values.len(),
            1,
            "{}.safetensors: `{name}` is no single number",
            self.name
        );
        values[0]
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap_or_else(|e| panic!("{}.safetensors: {e}", self.name))
    }
}

/// The folder that holds the cases; a relative `AUGUR_GOLDEN` may be meant from the workspace's root, where cargo is
/// called, rather than from this package's, where it runs the tests.
pub fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("AUGUR_GOLDEN").map(PathBuf::from) {
        None => package.join("tests/data/golden"),
        Some(folder) if folder.exists() => folder,
        Some(folder) => package.join("..").join(folder),
    }
}

/// The names of all cases in the folder, sorted.
pub fn names() -> Vec<String> {
    let folder = folder();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("cannot list {}: {e}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors" || e == "json"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether the case `name` is `kind` or begins with `kind_`.
pub fn is_of_kind(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}
