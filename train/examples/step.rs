//! One side of `make bench-step`: augur's training step and tuning step on a case that it makes itself.
//!
//! `step make CASE_DIR` writes weights and batches for CASE_DIR/case.json into CASE_DIR/case.safetensors.
//! `step serve CASE_DIR [contiguous] [double] [without=IDEA]` answers commands on its standard input with a line of JSON each:
//! `hypergradient`, `plain N` and `tuning N` (seconds of N steps), `memory` (peak resident bytes of two tuning steps above
//! what is resident after one on two images, which brings in libtorch's code).

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{self, CutdiffSpec};
#[cfg(feature = "ablation")]
use augur_train::ablation::Idea;
use augur_train::augment::{Augmentation, Draw};
use augur_train::detector::{Detector, Embedding, MemoryFormat, Mode, Params, ResNetConfig, Stats, Stem};
use augur_train::hypergradient::{Hypergradient, HypergradientOrder};
use augur_train::loss::normalise;
use augur_train::normalisation::Normalisation;
use augur_train::optimiser::Optimiser;
use augur_train::{device, init};
use serde::Deserialize;
use tch::{Device, Kind, Tensor, no_grad};

/// CASE_DIR/case.json.
#[derive(Deserialize)]
struct Case {
    size_px: i64,
    batch: i64,
    validation: i64,
    width: i64,
    blocks: Vec<i64>,
    imagenet_stem: bool,
    head: i64,
    inner_lr: f64,
    lr: f64,
    raw_lr: f64,
    threads: u32,
}

type Anything = Result<(), Box<dyn std::error::Error>>;

fn main() -> Anything {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, folder, options @ ..] = &arguments[..] else {
        return Err("step (make | serve) CASE_DIR [contiguous] [double]".into());
    };
    let folder = Path::new(folder);
    let case: Case = serde_json::from_reader(std::fs::File::open(folder.join("case.json"))?)?;
    let file = folder.join("case.safetensors");
    if command == "make" {
        return make(&case, &file);
    }
    let has = |option: &str| options.iter().any(|o| o == option);
    leave_out(options)?;
    device::prepare(case.threads);
    let kind = if has("double") { Kind::Double } else { Kind::Float };
    let format = has("contiguous").then_some(MemoryFormat::Contiguous);
    let mut side = Side::new(case, &file, kind, format)?;
    for line in std::io::stdin().lock().lines() {
        let answer = side.answer(&line?)?;
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// What `without=IDEA` says, in a build for it.
#[cfg(feature = "ablation")]
fn leave_out(options: &[String]) -> Anything {
    for name in options.iter().filter_map(|option| option.strip_prefix("without=")) {
        let idea = Idea::ALL.iter().find(|(known, _)| *known == name);
        augur_train::ablation::leave_out(idea.ok_or(format!("there is no idea {name}"))?.1);
    }
    Ok(())
}

#[cfg(not(feature = "ablation"))]
fn leave_out(options: &[String]) -> Anything {
    match options.iter().find(|option| option.starts_with("without=")) {
        Some(option) => Err(format!("{option} needs a build with --features ablation").into()),
        None => Ok(()),
    }
}

fn detector(case: &Case) -> Detector {
    Detector::resnet(&ResNetConfig {
        channels: 1,
        stem: if case.imagenet_stem {
            Stem::Imagenet
        } else {
            Stem::Small
        },
        width: case.width,
        blocks: case.blocks.clone(),
        head: case.head,
        embedding: Embedding::Last,
    })
}

/// Weights as a trial draws them; smooth images, of which half of those to validate on have a patch. No image changes what a
/// step costs, but the hypergradient of noise would be a sum whose terms cancel, and no measure of rounding.
fn make(case: &Case, file: &Path) -> Anything {
    let detector = detector(case);
    let mut rng = shared_stream(0, "bench-step", Purpose::Weights, 0);
    let (params, _) = init::draw(&detector, &mut rng, Kind::Double, Device::Cpu);
    tch::manual_seed(0);
    let uniform = |shape: &[i64]| Tensor::rand(shape, (Kind::Double, Device::Cpu));
    let images = |count: i64| {
        let size = [case.size_px, case.size_px];
        let smooth = uniform(&[count, 1, 4, 4]).upsample_bilinear2d(size, false, None, None);
        (smooth + uniform(&[count, 1, case.size_px, case.size_px]) * 0.1).clamp(0.0, 1.0)
    };
    let (x_val, half) = (images(case.validation), case.validation / 2);
    let draw = Draw {
        centers: Some(uniform(&[half, 2])),
        ..Draw::default()
    };
    let patched = CutdiffSpec::default().apply(
        &Tensor::from_slice(&[-0.5, -0.4, 1.0]),
        &x_val.narrow(0, 0, half),
        &draw,
    );
    x_val.narrow(0, 0, half).copy_(&patched);
    let mut tensors: Vec<(String, Tensor)> = params
        .iter()
        .map(|(name, tensor)| (format!("param.{name}"), tensor.detach().contiguous()))
        .collect();
    tensors.push(("x_trn".into(), images(case.batch)));
    tensors.push(("x_val".into(), x_val));
    tensors.push(("centers".into(), uniform(&[case.batch, 2])));
    tensors.push(("raw".into(), Tensor::from_slice(&[0.3, 0.2, 0.5])));
    Tensor::write_safetensors(&tensors, file)?;
    Ok(())
}

/// A detector in training.
struct Side {
    case: Case,
    detector: Detector,
    normalisation: Normalisation,
    params: Params,
    stats: Stats,
    optimiser: Optimiser,
    raw: Tensor,
    raw_optimiser: Optimiser,
    x_trn: Tensor,
    x_val: Tensor,
    draw: Draw,
}

impl Side {
    fn new(
        case: Case,
        file: &Path,
        kind: Kind,
        format: Option<MemoryFormat>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let tensors: std::collections::HashMap<String, Tensor> = Tensor::read_safetensors(file)?.into_iter().collect();
        let tensor = |name: &str| tensors.get(name).map(|t| t.to_kind(kind));
        let take = |name: &str| tensor(name).ok_or(format!("the case has no tensor {name}"));
        let mut detector = detector(&case);
        if let Some(format) = format {
            detector.set_memory_format(format);
        }
        let params = detector.params(kind, Device::Cpu, |name| tensor(&format!("param.{name}")))?;
        let mut rng = shared_stream(0, "bench-step", Purpose::Weights, 0);
        let (_, stats) = init::draw(&detector, &mut rng, kind, Device::Cpu);
        let raw = take("raw")?;
        Ok(Self {
            optimiser: Optimiser::new(&spec::Optimiser::adam(case.lr), params.iter()),
            raw_optimiser: Optimiser::new(&spec::Optimiser::adam(case.raw_lr), [("raw", &raw)]),
            normalisation: Normalisation::new(&[0.5], &[0.3], kind, Device::Cpu),
            x_trn: take("x_trn")?,
            x_val: take("x_val")?,
            draw: Draw {
                centers: Some(take("centers")?),
                ..Draw::default()
            },
            case,
            detector,
            params,
            stats,
            raw,
        })
    }

    fn answer(&mut self, command: &str) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let timed = |steps: &str, step: &mut dyn FnMut()| -> Result<f64, Box<dyn std::error::Error>> {
            let steps: u32 = steps.parse()?;
            let start = Instant::now();
            (0..steps).for_each(|_| step());
            Ok(start.elapsed().as_secs_f64())
        };
        Ok(match words[..] {
            ["plain", steps] => timed(steps, &mut || self.plain())?.into(),
            ["tuning", steps] => timed(steps, &mut || self.tuning())?.into(),
            ["hypergradient"] => Vec::<f64>::try_from(self.hypergradient())?.into(),
            ["memory"] => self.memory()?.into(),
            _ => return Err(format!("no command {command:?}").into()),
        })
    }

    /// A step of theta.
    fn plain(&mut self) {
        let x = no_grad(|| {
            let x_aug = CutdiffSpec::default().apply(&self.raw, &self.x_trn, &self.draw);
            self.normalisation.apply(&Tensor::cat(&[&self.x_trn, &x_aug], 0))
        });
        let mode = Mode::Track(&mut self.stats);
        let pass = self.detector.training_pass(&self.params, &x, &mode, false);
        self.optimiser.step(self.params.tensors(), &pass.gradients);
    }

    /// A step of theta and one of `a`, as a trial makes them.
    fn tuning(&mut self) {
        let (gradients, total) = self.both(true);
        self.optimiser.step(self.params.tensors(), &gradients);
        self.raw_optimiser.step(&[self.raw.shallow_clone()], &[total]);
    }

    fn memory(&mut self) -> std::io::Result<u64> {
        let all = [&self.x_trn, &self.x_val].map(Tensor::shallow_clone);
        let draw = std::mem::take(&mut self.draw);
        [self.x_trn, self.x_val] = [&all[0], &all[1]].map(|x| x.narrow(0, 0, 2));
        self.draw.centers = draw.centers.as_ref().map(|c| c.narrow(0, 0, 2));
        self.tuning();
        [self.x_trn, self.x_val] = all;
        self.draw = draw;
        let before = memory::reset_peak()?;
        self.tuning();
        self.tuning();
        Ok(memory::peak()?.saturating_sub(before))
    }

    fn hypergradient(&mut self) -> Tensor {
        self.both(false).1
    }

    fn both(&mut self, track: bool) -> (Vec<Tensor>, Tensor) {
        let hypergradient = Hypergradient {
            detector: &self.detector,
            augmentation: &CutdiffSpec::default(),
            normalisation: &self.normalisation,
            loss: &|t, a, v| normalise(t, a, v).mean_distance(),
            inner_lr: self.case.inner_lr,
            order: HypergradientOrder::Exact,
        };
        let mode = if track {
            Mode::Track(&mut self.stats)
        } else {
            Mode::Train
        };
        let mut pass = hypergradient.training_pass(&self.params, &self.raw, &self.x_trn, &self.draw, &mode);
        let total = hypergradient.follow(&mut pass, &self.params, &self.x_val).total;
        (pass.into_gradients(), total)
    }
}

/// The kernel's account of this process's resident memory, in bytes.
mod memory {
    use std::io;

    /// Gives back what is free, forgets the peak so far, and gives what is resident now.
    pub fn reset_peak() -> io::Result<u64> {
        #[cfg(target_env = "gnu")]
        // SAFETY: it only gives free memory back to the kernel.
        unsafe {
            libc::malloc_trim(0);
        }
        std::fs::write("/proc/self/clear_refs", "5")?;
        field("VmRSS:")
    }

    pub fn peak() -> io::Result<u64> {
        field("VmHWM:")
    }

    fn field(name: &str) -> io::Result<u64> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kib.map(|kib| kib * 1024)
            .ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")))
    }
}
