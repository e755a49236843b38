//! Which images of a task go where. Drawn from the split's seed, the data set and the classes: the size of the
//! images, where they lie and the task's name don't matter, and tasks with one normal class train on the same images.

use crate::catalogue::{Class, Members};
use augur_core::{
    draws::{Purpose, shared_stream},
    spec::{Count, Counts, SplitSpec},
};
use rand::seq::SliceRandom;

/// Where the anomalies of a task come from.
#[derive(Clone, Copy)]
pub(crate) enum Anomalies<'a> {
    /// Images of other classes.
    Classes(&'a [&'a Class]),
    /// Further images of the normal class.
    Planted,
}

/// The images of a task by identifier, each in one place only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// To train on.
    pub train: Vec<u32>,
    /// Kept out of training.
    pub held_out: Vec<u32>,
    /// In the order in which trials see them, each with its label: true = anomalous.
    pub validation: Vec<(u32, bool)>,
    /// Never seen by tuning; the same way.
    pub test: Vec<(u32, bool)>,
}

/// Too few images of the normal (or else of the anomalous) class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooFew {
    pub normal_class: bool,
    pub part: Option<&'static str>,
    pub has: u64,
    pub asked: u64,
    pub uses: String,
}

/// Images in a drawn order, and who asks for how many of them.
struct Pool {
    images: Vec<u32>,
    normal_class: bool,
    part: Option<&'static str>,
}

/// One group's wish: the key under `split`, the count, the fewest images that it needs if it takes what is left.
type Wish = (&'static str, Count, u32);

impl Pool {
    /// Gives each wish its images, in this order.
    fn share(&self, wishes: &[Wish]) -> Result<Vec<Vec<u32>>, TooFew> {
        let least = |wish: &Wish| u64::from(if let Count::Number(n) = wish.1 { n } else { wish.2 });
        let (has, asked) = (self.images.len() as u64, wishes.iter().map(least).sum::<u64>());
        if has < asked {
            let asking = wishes.iter().filter(|wish| wish.1 != Count::Number(0));
            let uses: Vec<_> = asking.map(|(key, count, _)| format!("{key} {count}")).collect();
            return Err(TooFew {
                normal_class: self.normal_class,
                part: self.part,
                has,
                asked,
                uses: uses.join(", "),
            });
        }
        let mut left = (has - asked) as usize;
        let mut images = self.images.iter().copied();
        let mut take = |wish: &Wish| {
            let more = if wish.1 == Count::All {
                std::mem::take(&mut left)
            } else {
                0
            };
            images.by_ref().take(least(wish) as usize + more).collect()
        };
        Ok(wishes.iter().map(&mut take).collect())
    }
}

/// Draws the split of a task; `key` names the data set and the normal class.
pub(crate) fn draw(
    key: &str,
    split: &SplitSpec,
    counts: &Counts,
    normal: &Members,
    anomalies: Anomalies<'_>,
) -> Result<Split, TooFew> {
    let shuffle = |images: &[u32], name: &str| {
        let mut images = images.to_vec();
        let stream = &mut shared_stream(split.seed, &format!("{key}/{name}"), Purpose::Split, 0);
        images.shuffle(stream);
        images
    };
    let pool = |images: &[u32], name: &str, normal_class, part| Pool {
        images: shuffle(images, name),
        normal_class,
        part,
    };
    let train = ("train", counts.train, 2);
    let validation_normal = ("validation_normal", counts.validation_normal, 1);
    let validation_anomalous = ("validation_anomalous", counts.validation_anomalous, 1);
    let test_normal = ("test_normal", counts.test_normal, 1);
    let test_anomalous = ("test_anomalous", counts.test_anomalous, 1);
    let judged = match anomalies {
        Anomalies::Planted => vec![validation_normal, validation_anomalous, test_normal, test_anomalous],
        Anomalies::Classes(_) => vec![validation_normal, test_normal],
    };

    let (mut trained, mut groups) = match normal {
        Members::Whole(images) => {
            let pool = pool(images, "normal", true, None);
            let held_out = held_out(split, counts, pool.images.len(), &judged);
            let mut shares = pool.share(&[&[train, held_out][..], &judged].concat())?;
            let judged = shares.split_off(2);
            (shares, judged)
        }
        Members::Parts { train: images, test } => {
            let held_out = held_out(split, counts, images.len(), &[]);
            let trained = pool(images, "normal", true, Some("train")).share(&[train, held_out])?;
            let judged = pool(test, "normal/test", true, Some("test")).share(&judged)?;
            (trained, judged)
        }
    };
    let name = match anomalies {
        Anomalies::Planted => "planted".to_owned(),
        Anomalies::Classes(classes) => {
            let keys: Vec<_> = classes.iter().map(|class| class.key.as_str()).collect();
            let images: Vec<_> = classes.iter().flat_map(|class| class.members.test()).copied().collect();
            let part = matches!(normal, Members::Parts { .. }).then_some("test");
            let pool = pool(&images, &format!("anomalous/{}", keys.join("+")), false, part);
            let mut shares = pool.share(&[validation_anomalous, test_anomalous])?.into_iter();
            groups.insert(1, shares.next().unwrap_or_default());
            groups.push(shares.next().unwrap_or_default());
            keys.join("+")
        }
    };
    if let Some(share) = split.anomaly_share {
        let (normal, anomalous) = shared(groups[0].len(), groups[1].len(), share);
        groups[0].truncate(normal);
        groups[1].truncate(anomalous);
    }
    let mixed = |groups: &[Vec<u32>], set: &str| {
        let label = |at: usize| groups[at].iter().map(move |&image| (image, at == 1));
        let mut images: Vec<_> = label(0).chain(label(1)).collect();
        let stream = &mut shared_stream(split.seed, &format!("{key}/{set}/{name}"), Purpose::Split, 0);
        images.shuffle(stream);
        images
    };
    Ok(Split {
        validation: mixed(&groups[..2], "validation"),
        test: mixed(&groups[2..], "test"),
        held_out: trained.pop().unwrap_or_default(),
        train: trained.pop().unwrap_or_default(),
    })
}

/// How many images are held out, of `n` in the pool that `others` also draw from.
fn held_out(split: &SplitSpec, counts: &Counts, n: usize, others: &[Wish]) -> Wish {
    let count = match counts.train {
        Count::Number(train) => split.held_out(train),
        Count::All => {
            let taken = others.iter().map(|wish| match wish.1 {
                Count::Number(n) => n as usize,
                Count::All => wish.2 as usize,
            });
            let left = n.saturating_sub(taken.sum());
            u32::try_from(split.held_out_of(left)).unwrap_or(u32::MAX).max(2)
        }
    };
    ("held_out", Count::Number(count), 2)
}

/// The largest validation set with this share of anomalies, out of so many normal and anomalous images.
fn shared(normal: usize, anomalous: usize, share: f64) -> (usize, usize) {
    let nearest = |n: f64| (n.round() as usize).max(1);
    let fewer = nearest(normal as f64 * share / (1.0 - share));
    match fewer <= anomalous {
        true => (normal, fewer),
        false => (nearest(anomalous as f64 * (1.0 - share) / share).min(normal), anomalous),
    }
}

#[cfg(test)]
mod tests;
