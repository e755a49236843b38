"""Writes the seeds of the fuzz targets into `seeds/`: small files of the true formats. usage: seeds.py"""

import struct
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests/python"))
from mat5 import images, labels, matrix, own, scipy  # noqa: E402

import numpy as np  # noqa: E402

SEEDS = Path(__file__).parent / "seeds"


def seed(target, name, content):
    (SEEDS / target).mkdir(parents=True, exist_ok=True)
    (SEEDS / target / name).write_bytes(content)


def idx(dims, data):
    return bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + bytes(data)


def elements(order, count, of_class, stored):
    """Both arrays for mat5_compressed: byte order and length of the first in front."""
    y = matrix(order, "y", labels(count), of_class, stored)
    x = matrix(order, "X", images(count), "uint8", "uint8")
    return bytes([order == ">"]) + struct.pack(">H", len(y)) + y + x


def entry(dims):
    """What is in front of the dimensions and the checksums is put in by the target."""
    count = int(np.prod(dims))
    return bytes(40) + struct.pack("=4Q", *dims) + bytes(56) + struct.pack(f"={count}f", *range(count))


for dims in ([3], [2, 2, 3], [0, 4], [2] * 5):
    seed("idx", "x".join(map(str, dims)), idx(dims, range(int(np.prod(dims)))))
for target in ("mat5", "mat5_compressed"):
    (SEEDS / target).mkdir(parents=True, exist_ok=True)
scipy(SEEDS / "mat5/packed", 1, True, np.uint8)
scipy(SEEDS / "mat5/plain", 1, False, np.uint8)
own(SEEDS / "mat5/packed-big", ">", 2, True, stored="int16")
own(SEEDS / "mat5/plain-big", ">", 1, False)
seed("mat5", "v7.3", b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")
for n, (order, count, of_class, stored) in enumerate(
    [("<", 1, "uint8", "uint8"), (">", 1, "double", "int16"), ("<", 0, "double", "double"), (">", 0, "uint8", "uint8")]
):
    seed("mat5_compressed", str(n), elements(order, count, of_class, stored))
seed("cifar", "ten", bytes([0, 9]) + bytes(3072))
seed("cifar", "hundred", bytes([1, 19, 99]) + bytes(3072))
seed("cifar", "names", b"\0" + b"\n".join(b"airplane bird cat deer dog frog horse ship truck car".split()))
seed("elpv_labels", "four", b"images/cell0001.png  1.0                 mono\nimages/cell0002.png  0.0  poly\n"
     b"c.png 0.3333333333333333 mono\r\nd.png 0.6666666666666666 poly")
for dims in ([1, 1, 2, 2], [2, 3, 2, 1], [0, 1, 8, 8]):
    seed("cache", "x".join(map(str, dims)), entry(dims))
