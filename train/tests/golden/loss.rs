//! Validation losses: total distance normalisation with the mean distance, and the mixture energy.

use augur_core::selectors::{mixture_energy, pairs::Pairs};
use augur_train::loss::normalise;
use augur_train::selection::rows;
use tch::{Kind, Tensor};

use crate::case::Case;
use crate::report::Report;

pub fn check_mean_distance(case: &Case, kind: Kind, report: &mut Report) {
    let z = ["trn", "aug", "val"].map(|group| case.tensor(&format!("z_{group}"), kind).set_requires_grad(true));
    let normalised = normalise(&z[0], &z[1], &z[2]);
    report.close("n_trn", &normalised.trn, &case.tensor("n_trn", kind));
    report.close("n_aug", &normalised.aug, &case.tensor("n_aug", kind));
    report.close("n_val", &normalised.val, &case.tensor("n_val", kind));
    let loss = normalised.mean_distance();
    report.close("loss", &loss, &case.tensor("loss", kind));
    let gradients = Tensor::run_backward(&[loss], &z, false, false);
    for (group, gradient) in ["g_trn", "g_aug", "g_val"].iter().zip(gradients) {
        report.close(group, &gradient, &case.tensor(group, kind));
    }
}

pub fn check_mixture_energy(case: &Case, kind: Kind, report: &mut Report) {
    let [trn, aug, val] = ["z_trn", "z_aug", "z_val"].map(|name| case.tensor(name, kind));
    let z = normalise(&trn, &aug, &val);
    let [trn, aug, val] = [&z.trn, &z.aug, &z.val].map(|z| rows(z).unwrap());
    let fit = mixture_energy(&Pairs::of(&trn, &aug, &val));
    report.close_value("loss", fit.loss, case.value("loss"));
    report.close_value("share", fit.share, case.value("share"));
    report.close_value("explained", fit.explained, case.value("explained"));
}
