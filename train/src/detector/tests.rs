//! Topology and batch normalisation, held against torchvision's and PyTorch's definitions.

use augur_core::draws::{Purpose, shared_stream};
use tch::{Device, Kind};

use super::*;
use crate::init;
use crate::testing::{difference, noise};

fn small() -> ResNetConfig {
    ResNetConfig {
        channels: 1,
        stem: Stem::Small,
        width: 4,
        blocks: vec![1, 1],
        head: 6,
        embedding: Embedding::Last,
    }
}

fn with_weights(config: &ResNetConfig) -> (Detector, Params, Stats) {
    let detector = Detector::resnet(config);
    let mut rng = shared_stream(0, "detector", Purpose::Weights, 0);
    let (params, stats) = init::draw(&detector, &mut rng, Kind::Double, Device::Cpu);
    (detector, params, stats)
}

#[test]
fn resnet_18_has_torchvisions_parameters() {
    let config = ResNetConfig {
        channels: 3,
        stem: Stem::Imagenet,
        width: 64,
        blocks: vec![2; 4],
        head: 10,
        embedding: Embedding::Last,
    };
    let detector = Detector::resnet(&config);
    let embedding = &detector.layout().params[..detector.embedding_params()];
    let count: i64 = embedding.iter().map(|slot| slot.shape.iter().product::<i64>()).sum();
    // 11,689,512 with the classifier's 513,000.
    assert_eq!(count, 11_176_512);
    let names: Vec<&str> = embedding.iter().map(|slot| slot.name.as_str()).collect();
    for name in [
        "conv1.weight",
        "bn1.bias",
        "layer1.1.conv2.weight",
        "layer4.0.downsample.1.weight",
    ] {
        assert!(names.contains(&name), "{name} is missing");
    }
    assert!(
        !names.contains(&"layer1.0.downsample.0.weight"),
        "the first stage keeps its shape"
    );
}

#[test]
fn imagenet_stem_shrinks_fourfold() {
    let (detector, params, stats) = with_weights(&ResNetConfig {
        stem: Stem::Imagenet,
        ..small()
    });
    let output = detector.forward(&params, &noise(&[2, 1, 40, 32], 1.0), &Mode::Eval(&stats));
    assert_eq!((output.z.size(), output.logit.size()), (vec![2, 8], vec![2]));
}

#[test]
fn an_order_in_memory_that_was_asked_for_is_kept_to_throughout() {
    let config = ResNetConfig { width: 16, ..small() };
    for (format, last) in [(None, true), (Some(MemoryFormat::Contiguous), false)] {
        let mut detector = Detector::resnet(&config);
        if let Some(format) = format {
            detector.set_memory_format(format);
        }
        let mut rng = shared_stream(0, "detector", Purpose::Weights, 0);
        let (params, _) = init::draw(&detector, &mut rng, Kind::Double, Device::Cpu);
        let pass = detector.training_pass(&params, &noise(&[6, 1, 8, 8], 1.0), &Mode::Train, false);
        for (t, slot) in pass.gradients.iter().zip(&detector.layout().params) {
            let square = t.dim() == 4 && t.size()[2] > 1 && t.size()[1] > 1;
            assert!(!square || t.is_contiguous() != last, "{}: {:?}", slot.name, t.stride());
        }
    }
}

#[test]
fn running_statistics_follow_only_when_tracked() {
    let (detector, params, mut stats) = with_weights(&small());
    let x = noise(&[6, 1, 8, 8], 1.0);
    let train = detector.embed(&params, &x, &Mode::Train);
    let before = stats.copied();
    let tracked = detector.embed(&params, &x, &Mode::Track(&mut stats));
    assert_eq!(difference(&train, &tracked), 0.0);

    // The first batch-norm sees conv1(x): momentum 0.1, from 0 and 1, with the unbiased variance.
    let seen = x
        .conv2d(&params.tensors()[0], None::<Tensor>, [1, 1], [1, 1], [1, 1], 1)
        .detach();
    let dims = [0i64, 2, 3];
    let mean = seen.mean_dim(dims.as_slice(), false, Kind::Double) * 0.1;
    let var = seen.var_dim(dims.as_slice(), true, false) * 0.1 + 0.9;
    assert!(difference(&stats.tensors()[0], &mean) < 1e-12);
    assert!(difference(&stats.tensors()[1], &var) < 1e-12);

    let evaluated = |stats: &Stats| detector.embed(&params, &x, &Mode::Eval(stats));
    assert!(difference(&evaluated(&before), &evaluated(&stats)) > 1e-3);
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let detector = Detector::tiny(TinyConfig {
        channels: 1,
        widths: [2, 4],
    });
    let take = |wrong: Option<Tensor>| {
        let mut wrong = Some(wrong);
        let find = |name: &str| match name {
            "fc.bias" => wrong.take().flatten(),
            _ => detector
                .layout()
                .params
                .iter()
                .find(|s| s.name == name)
                .map(|s| noise(&s.shape, 1.0)),
        };
        detector
            .params(Kind::Double, Device::Cpu, find)
            .unwrap_err()
            .to_string()
    };
    assert!(take(None).starts_with("the tensor fc.bias is missing"));
    assert!(take(Some(noise(&[2], 1.0))).contains("fc.bias has shape [2] where the detector needs [1]"));
}
