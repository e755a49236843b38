//! The one place that knows about CUDA and about libtorch's threads.
//!
//! Binaries are linked against the CPU part of libtorch only; `libtorch_cuda.so` is loaded at run time where it can
//! be. An installation without an NVIDIA GPU has that file but not the libraries it needs: loading fails and the CPU
//! is used. The CUDA path has not been run on a GPU yet.

use std::ffi::CStr;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::ablation::{Idea, leaves_out};
use tch::{Cuda, Device};

/// The libtorch release the bindings are made for; torch-sys generates its C++ shim from this version's headers.
pub const LIBTORCH_VERSION: &str = "2.13.0";

/// Where a trial is asked to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    Cpu,
    /// The GPU with this index.
    Cuda(usize),
    /// The first GPU if there is one, else the CPU.
    Auto,
}

/// A device that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DeviceError {
    #[error("there is no device named {0:?}; name cpu, cuda, cuda:N or auto")]
    Unknown(String),
    #[error(
        "cuda:{index} was asked for but {found} CUDA devices are usable here; choose cpu or auto, or see `augur doctor`"
    )]
    NoCuda { index: usize, found: usize },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "auto" => Ok(Self::Auto),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl DeviceChoice {
    /// The device to run on.
    ///
    /// # Errors
    /// A GPU that isn't there.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto if cuda_devices() > 0 => Ok(Device::Cuda(0)),
            Self::Auto => Ok(Device::Cpu),
            Self::Cuda(index) => {
                let found = cuda_devices();
                if index < found {
                    Ok(Device::Cuda(index))
                } else {
                    Err(DeviceError::NoCuda { index, found })
                }
            }
        }
    }
}

/// How many CUDA devices can be used.
pub fn cuda_devices() -> usize {
    if !cuda_library_loaded() || !Cuda::is_available() {
        return 0;
    }
    usize::try_from(Cuda::device_count()).unwrap_or(0)
}

/// What in a machine the bits of a result on `device` depend on: the kind of device, and the processor with its instruction
/// sets, by which libtorch, oneDNN and MKL choose their kernels and their blocks. A GPU is named by its kind alone: results
/// of it are not promised bit for bit.
pub fn machine(device: Device) -> String {
    const CPU: [&str; 8] = [
        "vendor_id",
        "cpu family",
        "model",
        "model name",
        "flags",
        "CPU implementer",
        "CPU part",
        "Features",
    ];
    // With these a user chooses kernels by hand.
    const CHOICES: [&str; 4] = [
        "ATEN_CPU_CAPABILITY",
        "ONEDNN_MAX_CPU_ISA",
        "DNNL_MAX_CPU_ISA",
        "MKL_CBWR",
    ];
    let kind = if device.is_cuda() { "cuda" } else { "cpu" };
    let mut machine = format!("{kind} {}", std::env::consts::ARCH);
    // All processors of a machine are taken to be like the first.
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    for line in info.lines().take_while(|line| !line.is_empty()) {
        if line.split_once(':').is_some_and(|(key, _)| CPU.contains(&key.trim())) {
            machine = machine + "\n" + line;
        }
    }
    for name in CHOICES {
        if let Ok(value) = std::env::var(name) {
            machine = format!("{machine}\n{name}={value}");
        }
    }
    machine
}

/// Loads libtorch's CUDA part once; libtorch finds its kernels there through static registration. It has to happen
/// before libtorch is first asked about CUDA, since it remembers the answer.
fn cuda_library_loaded() -> bool {
    static LOADED: OnceLock<bool> = OnceLock::new();
    const LIBRARY: &CStr = c"libtorch_cuda.so";
    *LOADED.get_or_init(|| {
        // SAFETY: the name is a NUL-terminated string; the library stays loaded for the life of the process.
        let handle = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        !handle.is_null()
    })
}

/// Prepares this process for training: `threads` threads for one operation, freed memory kept for the next step.
///
/// Sums are split by thread, so the last bits of a result depend on their number: it is part of a trial's spec.
pub fn prepare(threads: u32) {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        if !leaves_out(Idea::Kept) {
            keep_freed_memory();
        }
        // libtorch allows this once, before its first parallel work; the loop runs one operation at a time anyway.
        tch::set_num_interop_threads(1);
    });
    tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(i32::MAX));
}

/// Every step allocates and frees the same activations. By default glibc gives them back to the kernel each time and
/// takes page faults to get them again, which was seen to cost a sixth of a step.
fn keep_freed_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only changes limits of the allocator.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
    }
    crate::kernels::take_memory_over();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices() {
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        let unknown = |name: &str| Err(DeviceError::Unknown(name.to_owned()));
        assert_eq!("cuda:x".parse::<DeviceChoice>(), unknown("cuda:x"));
        assert_eq!("gpu".parse::<DeviceChoice>(), unknown("gpu"));
    }

    #[test]
    fn a_gpu_that_is_not_there_is_refused() {
        let found = cuda_devices();
        assert_eq!(
            DeviceChoice::Cuda(found).resolve(),
            Err(DeviceError::NoCuda { index: found, found })
        );
        assert_eq!(DeviceChoice::Auto.resolve().map(|d| d.is_cuda()), Ok(found > 0));
    }
}
