//! What the other side of `make bench-sweep` starts from: `sweep CONFIG FOLDER` writes every trial of CONFIG's plan to
//! FOLDER/plan.json and the images of each task, as those trials get them, to FOLDER/task-N.safetensors.

use std::path::Path;

use augur_core::outcome::Hyperparameters;
use augur_core::plan::{Method, Plan, TrialSpec};
use augur_core::spec;
use augur_data::{Images, load_task};
use augur_train::augment;
use serde::Serialize;
use tch::Tensor;

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// One trial of plan.json.
#[derive(Serialize)]
struct Entry {
    task: String,
    seed: u64,
    family: &'static str,
    /// The file in FOLDER with `train`, `held_out` and `validation`, each [N, C, H, W] in [0, 1], float32.
    images: String,
    /// Where tuning begins,
    initial: Hyperparameters,
    /// and the same as raw parameters.
    raw: Vec<f64>,
    spec: TrialSpec,
}

fn main() -> Anything<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, folder] = &arguments[..] else {
        return Err("sweep CONFIG FOLDER".into());
    };
    let folder = Path::new(folder);
    let plan = Plan::new(spec::parse(&std::fs::read_to_string(config)?)?);
    let mut entries = Vec::new();
    for index in 0..plan.trials() {
        let group = plan.group(plan.group_of(index));
        let file = format!("task-{}.safetensors", group.task_index);
        let trial = plan.trial(index);
        if !folder.join(&file).exists() {
            write_images(&trial, &folder.join(&file))?;
        }
        entries.push(entry(group.task, file, trial)?);
    }
    std::fs::write(folder.join("plan.json"), serde_json::to_vec(&entries)?)?;
    Ok(())
}

fn entry(task: String, images: String, spec: TrialSpec) -> Anything<Entry> {
    let Method::Augmented { family, initial } = &spec.method else {
        return Err("the config has a baseline; the benchmark compares families alone".into());
    };
    Ok(Entry {
        task,
        seed: spec.seed,
        family: family.name(),
        images,
        initial: initial.clone(),
        raw: augment::from_spec(family).raw_from(initial)?,
        spec,
    })
}

/// Without labels, which are no business of a trial.
fn write_images(trial: &TrialSpec, file: &Path) -> Anything<()> {
    let images = load_task(&trial.data, &trial.split, &trial.task, Path::new("."))?;
    let tensor = |images: &Images| {
        let size = [images.count, images.channels, images.height, images.width].map(|n| n as i64);
        Tensor::from_slice(&images.data).view(size)
    };
    let groups = [
        ("train", &images.train),
        ("held_out", &images.held_out),
        ("validation", &images.validation),
    ];
    Tensor::write_safetensors(&groups.map(|(name, images)| (name, tensor(images))), file)?;
    Ok(())
}
