//! What a trial costs, relative to others of its sweep, and what that means for the order in which trials are begun. The unit
//! is a multiply-add of the network; a duration it is not: that depends on the machine.

use crate::{
    halving,
    plan::{Method, Plan, TrialSpec},
    spec::{BaselineSpec, Count, DetectorSpec, Hypergradient, ResNetSpec, SplitSpec, Stem},
};

/// A backward pass costs twice the forward pass.
const PASS: f64 = 3.0;
/// The mixed second derivative of a tuning step, in training passes: two convolutions forward and two backward in each layer,
/// where a training pass has three, and what lies between them.
const MIXED: f64 = 1.4;
/// What a step costs beside arithmetic: launching its operations. Some 2 ms at 5e9 multiply-adds a second.
const STEP: f64 = 1e7;
/// Augmenting and normalising a value of an image, which is bound by memory.
const VALUE: f64 = 100.0;
/// Images that are taken where a spec says `all`, for nobody has counted them.
const ALL: f64 = 512.0;
/// Stages of the baselines' encoder, each of half the side and twice the channels of the one before.
const ENCODER_STAGES: i32 = 3;

/// The relative cost of a trial, above 0.
pub fn cost(trial: &TrialSpec) -> f64 {
    let images = Images::of(trial);
    match &trial.method {
        Method::Augmented { .. } => augmented(trial, &images),
        Method::Baseline(baseline) => of_baseline(baseline, trial, &images),
    }
}

/// Sizes of a trial's images.
pub(crate) struct Images {
    train: f64,
    pub(crate) validation: f64,
    held_out: f64,
    channels: f64,
    side: f64,
}

impl Images {
    pub(crate) fn of(trial: &TrialSpec) -> Self {
        let number = |count| match count {
            Count::All => ALL,
            Count::Number(n) => f64::from(n),
        };
        let counts = SplitSpec::counts(&trial.split, &trial.data);
        Self {
            train: number(counts.train),
            validation: number(counts.validation_normal) + number(counts.validation_anomalous),
            held_out: trial.split.held_out.map_or(ALL / 2.0, f64::from),
            channels: if trial.data.colour() { 3.0 } else { 1.0 },
            side: f64::from(trial.data.size_px()),
        }
    }

    pub(crate) fn count(&self) -> f64 {
        self.train + self.validation + self.held_out
    }

    pub(crate) fn values(&self) -> f64 {
        self.channels * self.side * self.side
    }
}

/// ST-SSAD and its ablations: epochs of steps, each followed by the validation loss, then the judgement.
fn augmented(trial: &TrialSpec, images: &Images) -> f64 {
    let forward = multiply_adds(&trial.detector, images);
    let batch = f64::from(trial.training.batch).min(images.train);
    let steps = (images.train / batch).ceil();
    let pass = |images_seen: f64| PASS * images_seen * forward;
    let plain = pass(2.0 * batch) + 2.0 * batch * images.values() * VALUE + STEP;
    let tuned = if trial.is_tuned() {
        let validation = trial.tuning.validation_batch.map_or(images.validation, f64::from);
        let mixed = match trial.tuning.hypergradient {
            Hypergradient::Exact => MIXED * pass(2.0 * batch),
            Hypergradient::FirstOrder | Hypergradient::None => 0.0,
        };
        // The loss at theta' sees the batch, its copies and the validation images.
        (pass(2.0 * batch + validation.min(images.validation)) + mixed + STEP) / f64::from(trial.tuning.every.max(1))
    } else {
        0.0
    };
    let epochs = f64::from(trial.training.epochs);
    let tuned_epochs = (epochs - f64::from(trial.tuning.warmup_epochs)).max(0.0);
    let look = (images.train + images.validation) * forward;
    let judgement = (2.0 * images.train + 2.0 * images.held_out + images.validation) * forward;
    epochs * (steps * plain + look) + tuned_epochs * steps * tuned + judgement
}

fn of_baseline(baseline: &BaselineSpec, trial: &TrialSpec, images: &Images) -> f64 {
    let all = images.train + images.validation;
    let encoder = |width: u32| encoder(width, images);
    let training = |epochs: u32, batch: u32, pass: f64| {
        let steps = (images.train / f64::from(batch)).ceil();
        f64::from(epochs) * (images.train * PASS * pass + steps * STEP)
    };
    match baseline {
        // A decoder costs what an encoder does.
        BaselineSpec::Autoencoder(o) => training(o.epochs, o.batch, 2.0 * encoder(o.width)),
        BaselineSpec::DeepSvdd(o) => {
            training(o.pretrain_epochs, o.batch, 2.0 * encoder(o.width)) + training(o.epochs, o.batch, encoder(o.width))
        }
        BaselineSpec::MeanIntensity(_) => all * images.values(),
        BaselineSpec::PixelPca(o) => {
            // The three mirror images beside each, then a Gram matrix and its eigenvectors.
            let train = images.train * if o.mirrored { 4.0 } else { 1.0 };
            let side = train.min(images.values());
            train * images.values() * side + side.powi(3)
        }
        BaselineSpec::Untrained(_) | BaselineSpec::Pretrained(_) => all * multiply_adds(&trial.detector, images),
    }
}

/// Multiply-adds of the baselines' encoder for one image: 3x3 convolutions of stride 2.
fn encoder(width: u32, images: &Images) -> f64 {
    let stage = |n: i32| {
        let (to, side) = (f64::from(width) * 2f64.powi(n), images.side / 2f64.powi(n + 1));
        let from = if n == 0 { images.channels } else { to / 2.0 };
        9.0 * from * to * side * side
    };
    (0..ENCODER_STAGES).map(stage).sum()
}

/// Multiply-adds of a detector's convolutions for one image.
fn multiply_adds(detector: &DetectorSpec, images: &Images) -> f64 {
    match detector {
        DetectorSpec::Resnet(resnet) => of_resnet(resnet, images),
        DetectorSpec::Tiny(tiny) => {
            let (width, values) = (f64::from(tiny.width), images.side * images.side);
            9.0 * width * values * (images.channels + 2.0 * width / 4.0)
        }
    }
}

fn of_resnet(resnet: &ResNetSpec, images: &Images) -> f64 {
    let width = f64::from(resnet.width);
    let (kernel, mut side) = match resnet.stem {
        Stem::Small => (3.0, images.side),
        Stem::Imagenet => (7.0, images.side / 2.0),
    };
    let mut sum = kernel * kernel * images.channels * width * side * side;
    if resnet.stem == Stem::Imagenet {
        side /= 2.0;
    }
    let mut from = width;
    for (stage, blocks) in (0..).zip(resnet.blocks) {
        let to = width * 2f64.powi(stage);
        if stage > 0 {
            side = (side / 2.0).ceil();
        }
        // Two 3x3 convolutions a block; the first block of a stage may change the channels, by 1x1 on the way round.
        let first = 9.0 * from * to + 9.0 * to * to + if from == to { 0.0 } else { from * to };
        sum += side * side * (first + (f64::from(blocks) - 1.0) * 18.0 * to * to);
        from = to;
    }
    sum
}

/// Values between the layers of a detector for one image: of each block two convolutions with their normalisations.
pub(crate) fn activations(detector: &DetectorSpec, images: &Images) -> f64 {
    let DetectorSpec::Resnet(resnet) = detector else {
        return 4.0 * images.values();
    };
    let mut side = match resnet.stem {
        Stem::Small => images.side,
        Stem::Imagenet => images.side / 2.0,
    };
    let width = f64::from(resnet.width);
    let stem = 2.0 * width * side * side;
    if resnet.stem == Stem::Imagenet {
        side /= 2.0;
    }
    let stage = |(n, blocks): (i32, u32)| {
        let side = side / 2f64.powi(n);
        4.0 * f64::from(blocks) * width * 2f64.powi(n) * side * side
    };
    stem + (0..).zip(resnet.blocks).map(stage).sum::<f64>()
}

/// Costs that differ by less than this factor are taken for equal, so that trials of one task stay together.
const CLASS: f64 = 1.25;

/// The order in which a sweep's trials are begun, as positions in its plan: long ones first, so that no slot is left with
/// one at the end while the others idle; among those of about the same cost, task by task, so that a slot's images last.
/// With early stopping the trials of a group stay together, in the order in which they are compared.
pub fn order(plan: &Plan) -> Vec<u32> {
    if plan.trials() == 0 {
        return Vec::new();
    }
    let candidates = plan.candidates();
    let per_block: u32 = candidates.iter().sum();
    // Tasks and seeds change nothing about the cost: one (task, seed) tells that of all.
    let mut costs: Vec<f64> = (0..per_block).map(|index| cost(&plan.trial(index))).collect();
    let compared = plan.spec().early_stopping.is_some();
    if compared {
        longest_of_each_group(&mut costs, &candidates);
    }
    let class = |cost: f64| (cost.ln() / CLASS.ln()).round();
    let mut classes: Vec<f64> = costs.iter().map(|cost| class(*cost)).collect();
    classes.sort_by(|a, b| b.total_cmp(a));
    classes.dedup();
    let mut order = Vec::with_capacity(plan.trials() as usize);
    for wanted in classes {
        let members: Vec<u32> = (0..)
            .zip(&costs)
            .filter(|(_, cost)| class(**cost) == wanted)
            .map(|(at, _)| at)
            .collect();
        for block in 0..plan.trials() / per_block {
            order.extend(members.iter().map(|at| block * per_block + at));
        }
    }
    if compared {
        for group in order.chunk_by_mut(|a, b| plan.group_of(*a) == plan.group_of(*b)) {
            in_halving_order(plan, group);
        }
    }
    order
}

/// Puts the cost of a group's longest trial in place of those of its others.
fn longest_of_each_group(costs: &mut [f64], candidates: &[u32]) {
    let mut rest = costs;
    for count in candidates {
        let (group, others) = rest.split_at_mut(*count as usize);
        let longest = group.iter().copied().fold(0.0, f64::max);
        group.fill(longest);
        rest = others;
    }
}

/// Sorts the positions of a whole group.
fn in_halving_order(plan: &Plan, group: &mut [u32]) {
    let trials: Vec<_> = group.iter().map(|index| plan.trial(*index).id()).collect();
    let seed = plan.group(plan.group_of(group[0])).seed;
    let sorted: Vec<u32> = halving::order(seed, &trials).into_iter().map(|at| group[at]).collect();
    group.copy_from_slice(&sorted);
}

/// The place of each trial in [`order`], by position in the plan.
pub fn ranks(plan: &Plan) -> Vec<u32> {
    let order = order(plan);
    let mut ranks = vec![0; order.len()];
    for (rank, index) in (0..).zip(order) {
        ranks[index as usize] = rank;
    }
    ranks
}

/// The costs of a plan's trials, in the order in which they are begun.
pub fn ordered_costs(plan: &Plan) -> Vec<f64> {
    let per_block: u32 = plan.candidates().iter().sum();
    let costs: Vec<f64> = (0..per_block).map(|index| cost(&plan.trial(index))).collect();
    order(plan)
        .into_iter()
        .map(|index| costs[(index % per_block) as usize])
        .collect()
}

/// When the last of `costs` ends, if each is begun in turn by the first of `slots` (at least 1) that is free.
pub fn makespan(costs: &[f64], slots: u32) -> f64 {
    let mut ends = vec![0.0f64; slots.max(1) as usize];
    for cost in costs {
        if let Some(first) = ends.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += cost;
        }
    }
    ends.into_iter().fold(0.0, f64::max)
}
