//! A full ResNet-18 against torchvision's, and files that don't fit.

use augur_core::draws::{Purpose, shared_stream};
use tch::{Device, Kind};

use super::*;
use crate::detector::{Embedding, Mode, ResNetConfig, Stem};
use crate::init;
use crate::testing::{difference, noise};

fn resnet18(channels: i64, embedding: Embedding) -> ResNetConfig {
    ResNetConfig {
        channels,
        stem: Stem::Imagenet,
        width: 64,
        blocks: vec![2; 4],
        head: 10,
        embedding,
    }
}

/// The weights that tests/data/torch/generate.py gave to torchvision's network, by name.
fn weights() -> Vec<(String, Tensor)> {
    let detector = Detector::resnet(&resnet18(3, Embedding::Last));
    let layout = detector.layout();
    let slots = layout.params.iter().chain(&layout.stats);
    let embedding = slots.filter(|slot| !slot.name.starts_with("head."));
    let mut shapes: Vec<(String, Vec<i64>)> = embedding.map(|slot| (slot.name.clone(), slot.shape.clone())).collect();
    // The file has a classifier too.
    shapes.extend([
        ("fc.weight".to_owned(), vec![1000, 512]),
        ("fc.bias".to_owned(), vec![1000]),
    ]);
    shapes.sort();
    let named = shapes.into_iter().enumerate().map(|(i, (name, shape))| {
        let values = noise(&shape, i as f64);
        let values = if shape.len() > 1 {
            let fan_out = shape[0] * shape[2..].iter().product::<i64>();
            (values - 0.5) * (24.0 / fan_out as f64).sqrt()
        } else if name.ends_with("running_mean") || name.ends_with("bias") {
            values - 0.5
        } else {
            values + 0.5
        };
        (name, values.to_kind(Kind::Float))
    });
    named.collect()
}

fn load(config: &ResNetConfig, weights: &[(String, Tensor)]) -> Result<(Detector, Params, Stats), WeightsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    Tensor::write_safetensors(weights, &path).unwrap();
    let detector = Detector::resnet(config);
    let mut rng = shared_stream(0, "pretrained", Purpose::Weights, 0);
    let (params, stats) = init::draw(&detector, &mut rng, Kind::Float, Device::Cpu);
    let (params, stats) = load_weights(&detector, &params, &stats, &path)?;
    Ok((detector, params, stats))
}

#[test]
fn torchvisions_network_gives_the_same_embeddings() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/torch/resnet18.safetensors");
    let golden: BTreeMap<String, Tensor> = Tensor::read_safetensors(golden).unwrap().into_iter().collect();
    let image = |channels, seed| (noise(&[2, channels, 64, 64], seed).to_kind(Kind::Float) - 0.5) * 4.0;
    let weights = weights();
    for (name, channels, embedding, seed) in [
        ("colour", 3, Embedding::Last, 0.5),
        ("stages", 3, Embedding::Stages, 0.5),
        ("grey", 1, Embedding::Last, 0.25),
    ] {
        let (detector, params, stats) = load(&resnet18(channels, embedding), &weights).unwrap();
        let z = detector.embed(&params, &image(channels, seed), &Mode::Eval(&stats));
        let want = &golden[name];
        let apart = difference(&z, want) / want.abs().max().double_value(&[]);
        println!("{name}: off by {apart:.1e} relative");
        assert!(apart < 1e-4, "{name}: off by {apart:e} relative");
    }
}

#[test]
fn the_head_stays_as_it_was_drawn() {
    let config = resnet18(3, Embedding::Last);
    let (_, params, _) = load(&config, &weights()).unwrap();
    let mut rng = shared_stream(0, "pretrained", Purpose::Weights, 0);
    let (drawn, _) = init::draw(&Detector::resnet(&config), &mut rng, Kind::Float, Device::Cpu);
    for ((name, loaded), drawn) in params.iter().zip(drawn.tensors()) {
        assert_eq!(loaded == drawn, name.starts_with("head."), "{name}");
    }
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_every_name() {
    let mut weights = weights();
    weights.retain(|(name, _)| name != "layer2.0.bn1.running_var");
    for (name, tensor) in &mut weights {
        if name == "layer4.1.conv2.weight" {
            *tensor = noise(&[512, 512, 1, 1], 1.0);
        }
    }
    let error = load(&resnet18(3, Embedding::Last), &weights).unwrap_err().to_string();
    assert!(error.contains("layer2.0.bn1.running_var is missing"), "{error}");
    let shape = "layer4.1.conv2.weight has shape [512, 512, 1, 1] where [512, 512, 3, 3] is needed";
    assert!(error.contains(shape), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let detector = Detector::resnet(&resnet18(1, Embedding::Last));
    let mut rng = shared_stream(0, "pretrained", Purpose::Weights, 0);
    let (params, stats) = init::draw(&detector, &mut rng, Kind::Float, Device::Cpu);
    let error = load_weights(&detector, &params, &stats, Path::new("nowhere.safetensors")).unwrap_err();
    assert!(
        error.to_string().contains("nowhere.safetensors can't be read"),
        "{error}"
    );
}
