//! A detector that is kept: it scores as its trial did, to the last bit, and knows when its files are damaged.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use augur_core::model::{CARD_FILE, TENSORS_FILE};
use augur_core::outcome::Outcome;
use augur_core::plan::{Plan, TrialSpec};
use augur_core::spec;
use augur_data::{Images, TaskImages};
use augur_train::model::{Model, ModelError, save_embeddings};
use augur_train::trial::{Control, Ended, Remains, run};
use tch::{CModule, Device, Kind, Tensor};

const SIDE: usize = 16;

/// Stripes whose place and strength vary with `index`; anomalous ones have a dark corner.
fn image(index: usize, anomalous: bool) -> Vec<f32> {
    let pixel = |row: usize, column: usize| {
        let wave = ((column * 2 + index % 5) as f32 / 3.0).sin() * 0.3 + 0.5;
        let dark = anomalous && row < 6 && column < 6;
        if dark {
            0.1
        } else {
            wave + 0.01 * ((row * 7 + index * 13) % 10) as f32
        }
    };
    (0..SIDE * SIDE).map(|i| pixel(i / SIDE, i % SIDE)).collect()
}

fn images(range: std::ops::Range<usize>, anomalous: impl Fn(usize) -> bool) -> Images {
    Images {
        count: range.len(),
        data: range.flat_map(|i| image(i, anomalous(i))).collect(),
        channels: 1,
        height: SIDE,
        width: SIDE,
    }
}

fn task() -> TaskImages {
    TaskImages {
        train: images(0..50, |_| false),
        held_out: images(60..80, |_| false),
        validation: images(100..137, |i| i % 3 == 0),
        test: images(200..209, |i| i % 2 == 0),
    }
}

fn trial(score: &str, normalisation: &str) -> TrialSpec {
    let yaml = format!(
        "version: 1\nname: kept\ndata: {{fashion_mnist: {{size_px: 16}}}}\n\
         tasks: [{{normal: 7, anomaly: {{class: 8}}}}]\n\
         families: [{{cutdiff: {{starts: [{{area: 0.1, aspect: 1, angle_deg: 0}}]}}}}]\nseeds: [0]\n\
         detector: {{resnet: {{width: 4, blocks: [1, 1, 1, 1], stem: small, head: 8}}}}\n\
         training: {{epochs: 2, batch: 16, normalisation: {normalisation}}}\n\
         tuning: {{warmup_epochs: 1, validation_batch: 8}}\nscore: {score}\nresources: {{threads: 1, device: cpu}}\n"
    );
    Plan::new(spec::parse(&yaml).unwrap()).trial(0)
}

fn completed(spec: &TrialSpec) -> (Outcome, Remains) {
    match run(spec, &task(), Path::new("."), &mut |_| Control::Continue).unwrap() {
        Ended::Completed(outcome, Some(remains)) => (outcome, *remains),
        ended => panic!("{ended:?}"),
    }
}

#[test]
fn scores_as_its_trial_did_together_and_one_by_one() {
    let images = task();
    for (score, normalisation) in [
        ("gde", "channel"),
        ("logit", "pixel"),
        ("{knn: {k: 3}}", "{layout: {components: 4}}"),
    ] {
        let (outcome, mut remains) = completed(&trial(score, normalisation));
        let folder = tempfile::tempdir().unwrap();
        remains.model.save(folder.path()).unwrap();
        let model = Model::open(folder.path()).unwrap();
        assert_eq!(model.card, remains.model.card);
        assert_eq!(model.normal(), remains.model.normal());
        assert_eq!(model.score(&images.validation).unwrap(), outcome.scores, "{score}");
        assert_eq!(model.score(&images.test).unwrap(), outcome.test_scores, "{score}");
        for index in [0, 7, 36] {
            let one = Images {
                data: images.validation.image(index).to_vec(),
                count: 1,
                ..images.validation
            };
            assert_eq!(model.score(&one).unwrap(), [outcome.scores[index]], "{score}");
        }
    }
}

#[test]
fn refuses_what_it_was_not_made_for() {
    let (_, mut remains) = completed(&trial("gde", "channel"));
    let folder = tempfile::tempdir().unwrap();
    remains.model.save(folder.path()).unwrap();
    let open = || Model::open(folder.path());

    let mut colour = images(0..3, |_| false);
    (colour.channels, colour.count) = (3, 1);
    assert!(matches!(open().unwrap().score(&colour), Err(ModelError::Shape { .. })));

    let card = fs::read_to_string(folder.path().join(CARD_FILE)).unwrap();
    fs::write(
        folder.path().join(CARD_FILE),
        card.replace("\"format\": 1", "\"format\": 9"),
    )
    .unwrap();
    assert!(matches!(open(), Err(ModelError::Format { found: 9, .. })));
    fs::write(folder.path().join(CARD_FILE), &card).unwrap();

    let tensors = folder.path().join(TENSORS_FILE);
    let mut bytes = fs::read(&tensors).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&tensors, bytes).unwrap();
    assert!(matches!(open(), Err(ModelError::Damaged { .. })));
    fs::remove_file(&tensors).unwrap();
    assert!(matches!(open(), Err(ModelError::File { .. })));
}

#[test]
fn torchscript_gives_the_same_outputs() {
    let (_, remains) = completed(&trial("logit", "{layout: {components: 4}}"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pt");
    remains.model.export_torchscript(&path).unwrap();
    let module = CModule::load(&path).unwrap();
    let images = task().validation;
    let all = Tensor::from_slice(&images.data).view([-1, 1, SIDE as i64, SIDE as i64]);
    let scores = remains.model.score(&images).unwrap();
    // Other numbers of images than the trace had.
    for count in [1, 5, images.count as i64] {
        let outputs = module.forward_ts(&[all.narrow(0, 0, count)]).unwrap();
        assert_eq!(outputs.size(), [count, 32 + 1]);
        let logits = outputs.select(1, 32);
        let want = Tensor::from_slice(&scores[..count as usize]);
        let apart = (logits.to_kind(Kind::Double).to_device(Device::Cpu).view([-1]) - &want)
            .abs()
            .max();
        assert!(apart.double_value(&[]) < 1e-4, "{count} images: {logits} {want}");
    }
}

#[test]
fn embeddings_come_back_as_they_were() {
    let (outcome, remains) = completed(&trial("gde", "channel"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings.safetensors");
    save_embeddings(&path, &remains.embeddings, &outcome.scores).unwrap();
    let tensors: std::collections::HashMap<_, _> = Tensor::read_safetensors(&path).unwrap().into_iter().collect();
    let z = &remains.embeddings.validation;
    let saved = &tensors["z_validation"];
    assert_eq!(saved.size(), [z.count() as i64, z.width() as i64]);
    for (i, row) in z.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            assert_eq!(saved.double_value(&[i as i64, j as i64]), *value);
        }
    }
    assert_eq!(tensors["scores"].double_value(&[5]), outcome.scores[5]);
}
