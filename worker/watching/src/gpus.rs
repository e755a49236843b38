//! GPUs of NVIDIA, by its library (NVML), which comes with the driver and is looked for when the worker starts. Elsewhere there are
//! none.

use nvml_wrapper::{Device, Nvml, enum_wrappers::device::TemperatureSensor, error::NvmlError};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

/// The library, where there is one.
pub(crate) struct Gpus(Option<Nvml>);

/// A GPU: its place among those of the machine, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Gpu {
    gpu: u32,
    name: String,
}

/// What is read of one.
struct Read {
    gpu: Gpu,
    utilisation: f64,
    used: u64,
    total: u64,
    celsius: u32,
}

type Gauges = Family<Gpu, Gauge<f64, AtomicU64>>;

impl Gpus {
    pub fn find() -> Self {
        match Nvml::init() {
            Ok(nvml) => Self(Some(nvml)),
            Err(error) => {
                tracing::debug!("no metrics of GPUs: {error}");
                Self(None)
            }
        }
    }

    /// One that can't be read is left out, and so are all where there is no library.
    pub fn register(&self, registry: &mut Registry) {
        let Some(nvml) = &self.0 else { return };
        let read = |at| read(at, &nvml.device_by_index(at)?);
        let reads = (0..nvml.device_count().unwrap_or(0)).filter_map(|at| read(at).ok());
        Self::show(reads, registry);
    }

    fn show(reads: impl Iterator<Item = Read>, registry: &mut Registry) {
        let [utilisation, used, total, celsius] = [(); 4].map(|()| Gauges::default());
        for read in reads {
            utilisation.get_or_create(&read.gpu).set(read.utilisation);
            used.get_or_create(&read.gpu).set(read.used as f64);
            total.get_or_create(&read.gpu).set(read.total as f64);
            celsius.get_or_create(&read.gpu).set(read.celsius.into());
        }
        let help = "Share of the last moments in which the GPU computed, 0 to 1";
        registry.register_with_unit("gpu_utilisation", help, Unit::Other("ratio".into()), utilisation);
        registry.register_with_unit("gpu_memory_used", "Memory of the GPU in use", Unit::Bytes, used);
        registry.register_with_unit("gpu_memory", "Memory of the GPU", Unit::Bytes, total);
        registry.register_with_unit("gpu_temperature", "Temperature of the GPU", Unit::Celsius, celsius);
    }
}

fn read(at: u32, device: &Device<'_>) -> Result<Read, NvmlError> {
    let memory = device.memory_info()?;
    Ok(Read {
        gpu: Gpu {
            gpu: at,
            name: device.name()?,
        },
        utilisation: f64::from(device.utilization_rates()?.gpu) / 100.0,
        used: memory.used,
        total: memory.total,
        celsius: device.temperature(TemperatureSensor::Gpu)?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use augur_watching::exposition::{open_metrics, prometheus};

    #[test]
    fn what_is_shown_of_a_gpu_is_documented() {
        let mut registry = Registry::with_prefix("augur_worker");
        let gpu = Gpu {
            gpu: 0,
            name: "invented".into(),
        };
        let read = Read {
            gpu,
            utilisation: 0.5,
            used: 1 << 30,
            total: 4 << 30,
            celsius: 60,
        };
        Gpus::show([read].into_iter(), &mut registry);
        let text = prometheus(&open_metrics(&[&registry]).unwrap());
        assert!(
            text.contains("augur_worker_gpu_utilisation_ratio{gpu=\"0\",name=\"invented\"} 0.5\n"),
            "{text}"
        );
        let docs = include_str!("../../../docs/watching.md");
        let (_, gpus) = docs.split_once("### GPUs").unwrap();
        let (gpus, _) = gpus.split_once("\n#").unwrap();
        let cells = gpus
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let mut documented: Vec<_> = cells.collect();
        let types = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let mut shown: Vec<_> = types.collect();
        documented.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, documented);
    }
}
