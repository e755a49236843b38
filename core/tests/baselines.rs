//! Baselines in a spec: how they are written, and what is refused.

use augur_core::{
    plan::{Method, Plan},
    spec::{self, BaselineSpec, Direction},
};

fn yaml(baseline: &str) -> String {
    format!(
        "version: 1
name: test
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 30}}, {{angle_deg: 60}}]}}}}]
seeds: [0, 1]
variants: [{{name: other, baseline: {{{baseline}}}}}]
"
    )
}

fn faults(baseline: &str) -> Vec<String> {
    faults_of(&yaml(baseline))
}

fn faults_of(yaml: &str) -> Vec<String> {
    match spec::parse(yaml) {
        Ok(_) => vec![],
        Err(error) => error
            .faults
            .into_iter()
            .map(|fault| format!("{}: {}", fault.path, fault.message))
            .collect(),
    }
}

#[test]
fn a_baseline_is_one_trial_for_each_task_and_seed() {
    for name in ["autoencoder", "deep_svdd", "mean_intensity", "pixel_pca", "untrained"] {
        let plan = Plan::new(spec::parse(&yaml(&format!("{name}: {{}}"))).unwrap());
        assert_eq!(plan.trials(), 6);
        let methods = (0..6).map(|index| plan.trial(index).method);
        let baselines = methods.filter(|m| matches!(m, Method::Baseline(_)) && m.name() == name);
        assert_eq!(baselines.count(), 2);
    }
}

#[test]
fn options_have_defaults() {
    let read = |text: &str| match Plan::new(spec::parse(&yaml(text)).unwrap()).trial(2).method {
        Method::Baseline(baseline) => baseline,
        other => panic!("{other:?}"),
    };
    let BaselineSpec::DeepSvdd(svdd) = read("deep_svdd: {epochs: 7}") else {
        panic!("another baseline")
    };
    assert_eq!((svdd.epochs, svdd.pretrain_epochs, svdd.latent), (7, 25, 32));
    let BaselineSpec::MeanIntensity(mean) = read("mean_intensity: {}") else {
        panic!("another baseline")
    };
    assert_eq!(mean.direction, Direction::Both);
}

#[test]
fn options_without_a_meaning_are_refused() {
    for (baseline, path) in [
        ("autoencoder: {latent: 0}", "autoencoder.latent"),
        ("autoencoder: {epochs: 0}", "autoencoder.epochs"),
        ("autoencoder: {lr: 0}", "autoencoder.lr"),
        ("deep_svdd: {width: 0}", "deep_svdd.width"),
        ("deep_svdd: {batch: 0}", "deep_svdd.batch"),
        ("deep_svdd: {weight_decay: -0.1}", "deep_svdd.weight_decay"),
        ("pixel_pca: {components: 0}", "pixel_pca.components"),
        ("pretrained: {weights: \"\"}", "pretrained.weights"),
    ] {
        let faults = faults(baseline);
        assert_eq!(faults.len(), 1, "{faults:?}");
        let place = format!("variants[0].baseline.{path}: ");
        assert!(faults[0].starts_with(&place), "{faults:?}");
    }
    assert!(faults("deep_svdd: {pretrain_epochs: 0}").is_empty());
}

#[test]
fn a_random_head_gives_no_score() {
    for baseline in ["untrained: {}", "pretrained: {weights: x}"] {
        let plain = yaml(baseline);
        let swept = plain.clone() + "score: logit\n";
        let own = |score: &str| swept.replace("baseline:", &format!("score: {score}, baseline:"));
        assert!(faults_of(&plain).is_empty() && faults_of(&own("gde")).is_empty());
        let says = |yaml: &str, path: &str| {
            let faults = faults_of(yaml);
            assert!(faults.len() == 1 && faults[0].starts_with(path), "{faults:?}");
        };
        says(&swept, "variants[0].baseline: ");
        says(&own("logit"), "variants[0].score: ");
    }
    assert!(faults_of(&(yaml("pixel_pca: {}") + "score: logit\n")).is_empty());
}

#[test]
fn unknown_keys_and_missing_weights_are_refused() {
    assert!(faults("untrained: {weights: x}")[0].contains("weights"));
    assert!(faults("pretrained: {}")[0].contains("weights"));
    assert!(faults("median_intensity: {}")[0].contains("median_intensity"));
}
