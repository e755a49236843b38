"""What POT, SciPy and scikit-learn say of embeddings: reads {trn, aug, val} from standard input, writes losses and scores.

Total distance normalisation is done here once more, from its definition.
"""

import json
import os
import sys
import warnings

# POT looks for other array libraries than NumPy, of which libtorch's Python side is here without what it needs.
os.environ["POT_BACKEND_DISABLE_PYTORCH"] = "1"

import numpy as np
import ot
from scipy.spatial.distance import cdist, pdist
from sklearn.covariance import LedoitWolf
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

EPSILON = 0.1
warnings.filterwarnings("ignore", message="Sinkhorn did not converge")


def normalised(groups):
    z = np.concatenate(groups)
    centred = z - z.mean(0)
    scale = np.sqrt((centred**2).sum() / len(z))
    return np.split(centred / scale, np.cumsum([len(group) for group in groups])[:-1])


def mmd(x, y):
    sigma = np.quantile(pdist(np.concatenate([x, y])), 0.5, method="lower")
    kernel = lambda a, b: rbf_kernel(a, b, gamma=1 / (2 * sigma**2)).mean()
    return kernel(x, x) + kernel(y, y) - 2 * kernel(x, y)


def transport(x, y):
    """Entropic transport, with the relative entropy to the product of the two sets' weights.

    From a set to itself plans converge slowly, which POT warns of; their values are good to 1e-9 by then.
    """
    return ot.solve(cdist(x, y), reg=EPSILON, reg_type="KL", max_iter=2000, tol=1e-9).value


def mixture(t, a, v):
    d = lambda x, y: cdist(x, y).mean()
    share = np.linspace(0, 1, 100_001)
    energy = (
        2 * ((1 - share) * d(t, v) + share * d(a, v))
        - d(v, v)
        - ((1 - share) ** 2 * d(t, t) + 2 * share * (1 - share) * d(t, a) + share**2 * d(a, a))
    )
    return energy.min() - energy[0]


def gde(trn, z):
    return LedoitWolf().fit(normalize(trn)).mahalanobis(normalize(z))


def knn(trn, z, k):
    distances, _ = NearestNeighbors(n_neighbors=k).fit(normalize(trn)).kneighbors(normalize(z))
    return distances.mean(1)


groups = {name: np.array(rows) for name, rows in json.load(sys.stdin).items()}
t, a, v = normalised([groups["trn"], groups["aug"], groups["val"]])
x = np.concatenate([t, a])
answer = {
    "mean_distance": (np.linalg.norm(v - t.mean(0), axis=1) + np.linalg.norm(v - a.mean(0), axis=1)).mean() / 2,
    "mmd": mmd(x, v),
    "sinkhorn": transport(x, v) - (transport(x, x) + transport(v, v)) / 2,
    "mixture_energy": mixture(t, a, v),
    "gde": gde(groups["trn"], groups["val"]).tolist(),
    "knn": knn(groups["trn"], groups["val"], 4).tolist(),
}
json.dump(answer, sys.stdout)
