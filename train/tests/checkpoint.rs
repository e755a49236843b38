//! Trials that are interrupted, as often as one likes, and end with the bytes of one that never was; checkpoints that are of no
//! use are passed over.

#![allow(clippy::unwrap_used)]

mod interrupted;

use std::fs;
use std::path::{Path, PathBuf};

use augur_core::draws::{Purpose, shared_stream};
use augur_core::plan::TrialSpec;
use augur_train::trial::Control;
use interrupted::{End, Interrupted, baseline, method, undisturbed};
use rand::Rng;

/// A trial that changes all that can change: momentum, a schedule, clipping, flips and crops, a sample of the validation images.
const BUSY: &str = "epochs: 10, batch: 16, optimiser: {sgd: {lr: 0.05, momentum: 0.9}}, clip_norm: 1, schedule: {cosine: {}}, \
                    augmentation: {flip_horizontal: true, crop_padding_px: 1}";

/// The tiny detector, whose images lie channel by channel.
fn tiny() -> TrialSpec {
    method("{tiny: {width: 4}}", BUSY)
}

/// A ResNet whose images and weights lie pixel by pixel.
fn channels_last() -> TrialSpec {
    method(
        "{resnet: {width: 8, blocks: [1, 1, 1, 1], stem: small, head: 8}}",
        "epochs: 10, batch: 16, optimiser: {adamw: {lr: 0.01, weight_decay: 0.01}}",
    )
}

/// Interrupts the trial 20 times in a row, each time after a few random steps or ends of epochs.
fn interrupt_twenty_times(spec: &TrialSpec, rungs: &[u32], seed: u64) {
    println!("seed {seed}");
    let mut rng = shared_stream(seed, "interruptions", Purpose::Shuffle, 0);
    let calm = undisturbed(spec, rungs);
    let mut trial = Interrupted::new(spec, rungs);
    for stop in 1..=20 {
        let pauses = rng.random_range(1..=2);
        let left = trial.run_for(pauses).left();
        assert!(left.is_saved, "stop {stop}: {left:?}, {:?}", trial.notes);
        assert!(trial.files().len() <= 2);
    }
    let end = trial.run_to_end();
    assert_eq!(trial.resumptions(), 20, "{:?}", trial.notes);
    assert_eq!(end, calm);
}

#[test]
fn a_trial_that_is_interrupted_twenty_times_ends_with_the_same_bytes() {
    for seed in 0..2 {
        interrupt_twenty_times(&tiny(), &[2, 5], seed);
    }
}

#[test]
fn so_does_one_whose_channels_lie_last() {
    interrupt_twenty_times(&channels_last(), &[], 2);
}

#[test]
fn and_one_on_several_threads() {
    let mut spec = channels_last();
    spec.resources.threads = 2;
    interrupt_twenty_times(&spec, &[], 3);
}

#[test]
fn so_do_the_baselines_that_are_trained() {
    let autoencoder = "autoencoder: {epochs: 8, batch: 16, width: 4, latent: 4}";
    // Interrupted in both parts of its training.
    let deep_svdd = "deep_svdd: {pretrain_epochs: 4, epochs: 4, batch: 16, width: 4, latent: 4}";
    let without_pretraining = "deep_svdd: {pretrain_epochs: 0, epochs: 8, batch: 16, width: 4, latent: 4}";
    for (seed, yaml) in (4..).zip([autoencoder, deep_svdd, without_pretraining]) {
        interrupt_twenty_times(&baseline(yaml), &[], seed);
    }
}

#[test]
fn a_baseline_without_epochs_runs_to_its_end() {
    let mut trial = Interrupted::new(&baseline("mean_intensity: {}"), &[]);
    assert!(matches!(trial.run_for(1), End::Completed(_)));
    assert!(trial.files().is_empty());
}

#[test]
fn a_trial_that_is_killed_goes_on_from_the_last_checkpoint_that_was_due() {
    let calm = undisturbed(&tiny(), &[]);
    let mut trial = Interrupted::new(&tiny(), &[]);
    // Every third pause; killed at the eleventh.
    trial.every = Some(3);
    trial.kill_after(11);
    assert_eq!(trial.files().len(), 2);
    assert_eq!(trial.run_to_end(), calm);
    // An epoch has 4 steps and its end: the ninth pause is the fourth step of the second.
    assert!(
        trial.notes[0].contains("Resumed { epoch: 1, step: 8 }"),
        "{:?}",
        trial.notes
    );
}

/// A trial that left two checkpoints, after steps 6 and 7.
fn with_two() -> Interrupted {
    let mut trial = Interrupted::new(&tiny(), &[]);
    trial.every = Some(1);
    assert_eq!(trial.run_for(8).left().step, 7);
    let names: Vec<_> = trial
        .files()
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        ["step-000000000006.safetensors", "step-000000000007.safetensors"]
    );
    trial.every = None;
    trial
}

fn newest(trial: &Interrupted) -> PathBuf {
    trial.files().pop().unwrap()
}

/// Changes the newest checkpoint; the trial must say why it passes it over, go on from the other and end as it should.
fn falls_back(why: &str, change: impl FnOnce(&Path)) {
    let mut trial = with_two();
    change(&newest(&trial));
    let end = trial.run_to_end();
    let [skipped, resumed] = &trial.notes[..] else {
        panic!("{why}: {:?}", trial.notes)
    };
    assert!(skipped.contains(why), "{skipped}");
    assert!(resumed.contains("Resumed { epoch: 1, step: 6 }"), "{resumed}");
    assert_eq!(end, undisturbed(&tiny(), &[]));
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Replaces some bytes of the header by as many others.
fn replace(path: &Path, old: &str, new: &str) {
    edit(path, |bytes| {
        let at = bytes.windows(old.len()).position(|window| window == old.as_bytes());
        let at = at.unwrap_or_else(|| panic!("there is no {old}"));
        bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
    });
}

#[test]
fn damage_falls_back_to_the_checkpoint_before() {
    falls_back("Damaged", |path| edit(path, |bytes| *bytes.last_mut().unwrap() ^= 1));
    falls_back("Damaged", |path| replace(path, "step\\\":7", "step\\\":8"));
    falls_back("Malformed", |path| edit(path, |bytes| bytes.truncate(bytes.len() / 2)));
    falls_back("Malformed", |path| edit(path, Vec::clear));
    falls_back("Malformed", |path| edit(path, |bytes| bytes[..8].fill(255)));
    falls_back("File", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
}

#[test]
fn what_belongs_to_something_else_is_passed_over() {
    falls_back("Format { found: 9, known: 1 }", |path| {
        replace(path, "format\\\":1", "format\\\":9")
    });
    falls_back("OtherTrial", |path| {
        let mut other = tiny();
        other.seed = 1;
        let mut other = Interrupted::new(&other, &[]);
        other.run_for(20);
        fs::copy(newest(&other), path).unwrap();
    });
    falls_back("OtherInputs", |path| {
        let mut other = Interrupted::new(&tiny(), &[]);
        other.fingerprint = "of other images".into();
        other.run_for(20);
        fs::copy(newest(&other), path).unwrap();
    });
    falls_back("OtherRungs", |path| {
        let mut other = Interrupted::new(&tiny(), &[2]);
        other.run_for(20);
        fs::copy(newest(&other), path).unwrap();
    });
}

#[test]
fn without_a_good_one_it_begins_afresh() {
    let mut trial = with_two();
    for path in trial.files() {
        edit(&path, |bytes| bytes.truncate(100));
    }
    assert_eq!(trial.run_to_end(), undisturbed(&tiny(), &[]));
    assert_eq!((trial.notes.len(), trial.resumptions()), (2, 0), "{:?}", trial.notes);
}

#[test]
fn checkpoints_that_are_of_no_use_make_room_for_new_ones() {
    let mut trial = with_two();
    let far = newest(&trial).with_file_name("step-000000999999.safetensors");
    fs::write(&far, "no checkpoint").unwrap();
    fs::write(far.with_extension("1.partial"), "half of one").unwrap();
    assert_eq!(trial.run_for(1).left().step, 8);
    let names: Vec<_> = trial
        .files()
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        ["step-000000000007.safetensors", "step-000000000008.safetensors"]
    );
}

#[test]
fn a_checkpoint_that_can_not_be_written_is_a_warning() {
    let mut trial = Interrupted::new(&tiny(), &[]);
    trial.every = Some(1);
    // No folder can be made below a file.
    fs::write(&trial.folder, "in the way").unwrap();
    assert!(!trial.run_for(3).left().is_saved);
    assert_eq!(trial.run_to_end(), undisturbed(&tiny(), &[]));
    assert!(
        trial.notes.iter().any(|note| note.contains("NotWritten")),
        "{:?}",
        trial.notes
    );
    assert_eq!(fs::read_to_string(&trial.folder).unwrap(), "in the way");
}

#[test]
fn a_receiver_that_wants_no_more_is_heard_when_epochs_are_reported_again() {
    let mut trial = Interrupted::new(&tiny(), &[]);
    assert_eq!(trial.run_for(17).left().epoch, 3);
    trial.answer = |measurement| match measurement.epoch {
        2 => Control::Stop,
        _ => Control::Continue,
    };
    let End::Stopped(measured) = trial.run_for(1) else {
        panic!("it was told to stop")
    };
    assert_eq!(measured, [1, 2]);
}

#[test]
fn seconds_count_what_came_before() {
    let mut trial = Interrupted::new(&tiny(), &[]);
    trial.run_for(21);
    let before = trial.seconds.clone();
    trial.run_to_end();
    assert_eq!(trial.seconds[..before.len()], before, "those of epochs before are kept");
    assert!(trial.seconds.is_sorted(), "{:?}", trial.seconds);
}
