"""What scikit-learn says of rankings: reads [{"scores": [...], "labels": [...]}, ...] and prints one object for each."""

import json
import sys

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score


def measures(scores, labels):
    precision, recall, _ = precision_recall_curve(labels, scores)
    sums = precision + recall
    f1 = np.divide(2 * precision * recall, sums, out=np.zeros_like(sums), where=sums > 0)
    return {
        "auroc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores),
        "f1_max": float(f1.max()),
    }


json.dump([measures(case["scores"], case["labels"]) for case in json.load(sys.stdin)], sys.stdout)
