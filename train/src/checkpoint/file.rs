//! The file of a checkpoint: safetensors whose metadata hold the header, as JSON, under `checkpoint`, and under `sha256` the
//! hash of header and tensors together.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use augur_core::outcome::Measurement;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use super::error::Flaw;
use crate::trial::fingerprint::hex;

/// The version of this format: raised with every change of names or meanings in it.
const FORMAT: u32 = 1;
const HEADER: &str = "checkpoint";
const HASH: &str = "sha256";

/// What a checkpoint says of itself, and all that is no tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub format: u32,
    /// The trial's identifier.
    pub trial: String,
    /// What the trial is computed from.
    pub fingerprint: String,
    /// The epochs at whose end it is judged on its way.
    pub rungs: Vec<u32>,
    /// Epochs finished.
    pub epoch: u32,
    /// Steps made.
    pub step: u64,
    /// Epochs before the part of the training that it was taken in: above 0 in Deep SVDD's second part alone.
    pub after: u32,
    /// Seconds that the trial has run, in all attempts that led here.
    pub seconds: f64,
    /// One of each epoch finished.
    pub measurements: Vec<Measurement>,
}

/// A checkpoint as it was read.
#[derive(Debug)]
pub(crate) struct Saved {
    pub header: Header,
    tensors: HashMap<String, Tensor>,
}

impl Header {
    pub fn new(trial: String, fingerprint: String, rungs: Vec<u32>) -> Self {
        Self {
            format: FORMAT,
            trial,
            fingerprint,
            rungs,
            epoch: 0,
            step: 0,
            after: 0,
            seconds: 0.0,
            measurements: Vec::new(),
        }
    }

    /// Whether a trial whose own header is `own` may go on from this one.
    pub fn check(&self, own: &Self) -> Result<(), Flaw> {
        if self.trial != own.trial {
            return Err(Flaw::OtherTrial(self.trial.clone()));
        }
        if self.fingerprint != own.fingerprint {
            return Err(Flaw::OtherInputs);
        }
        if self.rungs != own.rungs {
            return Err(Flaw::OtherRungs);
        }
        let epochs = self.measurements.iter().map(|measurement| measurement.epoch);
        if !epochs.eq(1..=self.epoch) {
            return Err(Flaw::Unfit("it lacks a measurement of an epoch before".into()));
        }
        Ok(())
    }
}

impl Saved {
    /// The tensor of a name.
    pub fn tensor(&self, name: &str) -> Option<Tensor> {
        self.tensors.get(name).map(Tensor::shallow_clone)
    }

    /// The scalars that were saved as the list `name` [N]; none saved is none.
    pub fn list(&self, name: &str) -> Vec<Tensor> {
        self.tensors.get(name).map(|list| list.unbind(0)).unwrap_or_default()
    }

    /// Whether it has each of these tensors, in the same shape and kind.
    pub fn check(&self, wanted: &[(String, Tensor)]) -> Result<(), Flaw> {
        for (name, tensor) in wanted {
            let found = self.tensors.get(name).map(|found| (found.size(), found.kind()));
            let wanted = (tensor.size(), tensor.kind());
            if found.as_ref() != Some(&wanted) {
                return Err(Flaw::Unfit(format!("{name} is {found:?} where {wanted:?} is needed")));
            }
        }
        Ok(())
    }
}

/// The bytes of a checkpoint.
///
/// # Errors
/// What JSON or safetensors can't hold; a trial on its way has nothing of that kind.
pub(super) fn to_bytes(header: &Header, tensors: &[(String, Tensor)]) -> Result<Vec<u8>, Flaw> {
    let json = serde_json::to_string(header).map_err(malformed)?;
    let views: BTreeMap<&str, Live> = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.as_str(), Live::new(tensor)?)))
        .collect::<Result<_, Flaw>>()?;
    let hash = hash(&json, &views);
    let metadata = HashMap::from([(HEADER.to_owned(), json), (HASH.to_owned(), hash)]);
    safetensors::serialize(views, Some(metadata)).map_err(malformed)
}

/// A tensor whose values are copied only when they are written: there is never a second copy of all.
struct Live<'a> {
    tensor: &'a Tensor,
    dtype: Dtype,
    shape: Vec<usize>,
}

impl<'a> Live<'a> {
    fn new(tensor: &'a Tensor) -> Result<Self, Flaw> {
        Ok(Self {
            tensor,
            dtype: dtype(tensor.kind())?,
            shape: tensor.size().iter().map(|&n| n as usize).collect(),
        })
    }
}

impl View for Live<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// In the order of the indices, however they lie in memory.
    fn data(&self) -> Cow<'_, [u8]> {
        let tensor = self.tensor.detach().to_device(Device::Cpu).contiguous();
        let mut bytes = vec![0; self.data_len()];
        tensor.copy_data_u8(&mut bytes, tensor.numel());
        bytes.into()
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * self.tensor.kind().elt_size_in_bytes()
    }
}

/// A checkpoint from its bytes, whole and as it was written.
///
/// # Errors
/// Anything else.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Saved, Flaw> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
    let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let entry = |name: &str| metadata.metadata().as_ref().and_then(|all| all.get(name));
    let (Some(json), Some(expected)) = (entry(HEADER), entry(HASH)) else {
        return Err(Flaw::Malformed("it has no header".into()));
    };
    // The version first: another one may hash otherwise and have other fields.
    let value: serde_json::Value = serde_json::from_str(json).map_err(malformed)?;
    match value["format"].as_u64() {
        Some(found) if found != u64::from(FORMAT) => return Err(Flaw::Format { found, known: FORMAT }),
        Some(_) => {}
        None => return Err(Flaw::Malformed("its header has no `format`".into())),
    }
    let names = file.names();
    let views: BTreeMap<&str, TensorView> = names
        .iter()
        .map(|name| Ok((*name, file.tensor(name).map_err(malformed)?)))
        .collect::<Result<_, Flaw>>()?;
    if hash(json, &views) != *expected {
        return Err(Flaw::Damaged);
    }
    let tensors = views.iter().map(|(name, view)| Ok(((*name).to_owned(), tensor(view)?)));
    Ok(Saved {
        header: serde_json::from_value(value).map_err(malformed)?,
        tensors: tensors.collect::<Result<_, Flaw>>()?,
    })
}

/// SHA-256 over the header and, in the order of their names, each tensor's name, shape and values.
fn hash(header: &str, tensors: &BTreeMap<&str, impl View>) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(header.as_bytes());
    for (name, view) in tensors {
        add(name.as_bytes());
        add(format!("{:?} {:?}", view.dtype(), view.shape()).as_bytes());
        add(&view.data());
    }
    hex(hash)
}

fn dtype(kind: Kind) -> Result<Dtype, Flaw> {
    match kind {
        Kind::Float => Ok(Dtype::F32),
        Kind::Double => Ok(Dtype::F64),
        Kind::Int64 => Ok(Dtype::I64),
        other => Err(Flaw::Malformed(format!("{other:?} can't be saved"))),
    }
}

fn kind(dtype: Dtype) -> Result<Kind, Flaw> {
    match dtype {
        Dtype::F32 => Ok(Kind::Float),
        Dtype::F64 => Ok(Kind::Double),
        Dtype::I64 => Ok(Kind::Int64),
        other => Err(Flaw::Malformed(format!("it holds {other:?}"))),
    }
}

fn tensor(view: &TensorView) -> Result<Tensor, Flaw> {
    let size: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    Tensor::f_from_data_size(view.data(), &size, kind(view.dtype())?).map_err(malformed)
}

fn malformed(fault: impl std::fmt::Display) -> Flaw {
    Flaw::Malformed(fault.to_string())
}
