//! The hypergradient of L_val through one virtual step, and its first-order part.

use augur_train::detector::{Detector, Embedding, Mode, ResNetConfig, Stem, TinyConfig};
use augur_train::hypergradient::{Hypergradient, HypergradientOrder};
use augur_train::loss::normalise;
use augur_train::normalisation::Normalisation;
use tch::{Device, Kind, Tensor};

use crate::augment::{draw, family};
use crate::case::Case;
use crate::report::Report;

pub fn check(case: &Case, kind: Kind, report: &mut Report) {
    let [x_trn, x_val, raw] = ["x_trn", "x_val", "raw"].map(|name| case.tensor(name, kind));
    let draw = draw(case, kind);
    let detector = detector(case, x_trn.size()[1]);
    let params = detector
        .params(kind, Device::Cpu, |name| find(case, "param", name))
        .unwrap();
    let augmentation = family(case.json["family"].as_str().unwrap(), &case.json);

    let output = detector.forward(&params, &x_trn, &Mode::Train);
    report.close("embedding", &output.z, &case.tensor("embedding", kind));
    report.close("logit", &output.logit, &case.tensor("logit", kind));

    let channels = vec![0.0; x_trn.size()[1] as usize];
    let normalisation = Normalisation::new(&channels, &vec![1.0; channels.len()], kind, Device::Cpu);
    let mut hypergradient = Hypergradient {
        detector: &detector,
        augmentation: augmentation.as_ref(),
        normalisation: &normalisation,
        loss: &|z_trn, z_aug, z_val| normalise(z_trn, z_aug, z_val).mean_distance(),
        inner_lr: case.json["inner_lr"].as_f64().unwrap(),
        order: HypergradientOrder::Exact,
    };
    let exact = hypergradient.compute(&params, &raw, &x_trn, &x_val, &draw);
    report.close("l_trn", &exact.l_trn, &case.tensor("l_trn", kind));
    report.close("l_val", &exact.l_val, &case.tensor("l_val", kind));
    report.close("direct", &exact.direct(), &case.tensor("direct", kind));
    report.close("hypergradient", &exact.total, &case.tensor("hypergradient", kind));

    hypergradient.order = HypergradientOrder::FirstOrder;
    let first = hypergradient.compute(&params, &raw, &x_trn, &x_val, &draw);
    report.close("l_val (first order)", &first.l_val, &case.tensor("l_val", kind));
    report.close(
        "hypergradient (first order)",
        &first.total,
        &case.tensor("direct", kind),
    );
}

fn find(case: &Case, group: &str, name: &str) -> Option<Tensor> {
    let name = format!("{group}.{name}");
    case.has(&name).then(|| case.tensor(&name, Kind::Double))
}

fn detector(case: &Case, channels: i64) -> Detector {
    match case.json["detector"].as_str() {
        Some("tiny") => {
            let width = |layer: &str| case.tensor(&format!("param.{layer}.weight"), Kind::Double).size()[0];
            Detector::tiny(TinyConfig {
                channels,
                widths: ["conv1", "conv2"].map(width),
            })
        }
        Some("resnet") => {
            let stem = match case.json["stem"].as_str() {
                Some("small") => Stem::Small,
                Some("imagenet") => Stem::Imagenet,
                other => panic!("{}: unknown stem {other:?}", case.name),
            };
            let number = |key: &str| case.json[key].as_i64().unwrap();
            let blocks = case.json["blocks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_i64().unwrap())
                .collect();
            Detector::resnet(&ResNetConfig {
                channels,
                stem,
                width: number("width"),
                blocks,
                head: number("head"),
                embedding: Embedding::Last,
            })
        }
        other => panic!("{}: unknown detector {other:?}", case.name),
    }
}
