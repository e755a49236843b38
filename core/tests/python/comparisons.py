"""What SciPy and NumPy say of paired lists and of tables of starts by seeds: reads {"pairs": [...], "tables": [...], "means": [...]}
and prints the same keys with one object for each."""

import json
import sys

import numpy as np
from scipy import stats


def of_pairs(a, b):
    return {
        "spearman": stats.spearmanr(a, b).statistic,
        "kendall": stats.kendalltau(a, b).statistic,
        "wilcoxon": wilcoxon(np.subtract(a, b)),
    }


def wilcoxon(differences):
    """The p-value by every assignment of signs, which SciPy takes for a permutation test."""
    differences = differences[differences != 0]
    method = stats.PermutationMethod(n_resamples=np.inf)
    return stats.wilcoxon(differences, method=method).pvalue


def of_table(table):
    """Components of variance of starts (rows) by seeds (columns), from the mean squares; one-way ones are SciPy's F."""
    y = np.array(table)
    a, b = y.shape
    rows, columns = y.mean(1), y.mean(0)
    rest = y - rows[:, None] - columns[None, :] + y.mean()
    ms_rest = (rest**2).sum() / ((a - 1) * (b - 1))
    ms_start, ms_seed = b * rows.var(ddof=1), a * columns.var(ddof=1)
    within = np.mean([column.var(ddof=1) for column in y.T])
    f = stats.f_oneway(*y.T).statistic
    return {
        "start": max(0, (ms_start - ms_rest) / b),
        "seed": max(0, (ms_seed - ms_rest) / a),
        "rest": ms_rest,
        "nested_start": within,
        "nested_seed": max(0, (f - 1) * within / a),
    }


def of_mean(values):
    interval = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=9999, rng=0).confidence_interval
    return {"low": interval.low, "high": interval.high}


given = json.load(sys.stdin)
answer = {
    "pairs": [of_pairs(case["a"], case["b"]) for case in given["pairs"]],
    "tables": [of_table(table) for table in given["tables"]],
    "means": [of_mean(values) for values in given["means"]],
}
json.dump(answer, sys.stdout)
