"""Writes files like SVHN's, for the reader of augur-data: with SciPy, and with a writer of its own for what SciPy
doesn't write (big-endian files, numbers stored in smaller types than their class). SciPy reads those back as a check.

usage: mat5.py FOLDER [IMAGES]
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat

# Type of element and struct's letter, by name.
TYPES = {
    "int8": (1, "b"), "uint8": (2, "B"), "int16": (3, "h"), "uint16": (4, "H"), "int32": (5, "i"),
    "uint32": (6, "I"), "single": (7, "f"), "double": (9, "d"), "int64": (12, "q"), "uint64": (13, "Q"),
}
CLASSES = {
    "double": 6, "single": 7, "int8": 8, "uint8": 9, "int16": 10, "uint16": 11, "int32": 12, "uint32": 13,
    "int64": 14, "uint64": 15,
}


def images(count):
    """X [32, 32, 3, count]: a formula of place and number that the tests know too."""
    row, column, channel, image = np.indices((32, 32, 3, count))
    return ((row * 7 + column * 13 + channel * 101 + image * 29) % 256).astype(np.uint8)


def labels(count):
    """y [count, 1]: 10, 1, 2, ..., 9, 10, 1, ..."""
    return np.array([[n % 10 or 10] for n in range(count)])


def element(order, kind, data):
    """An element, small where it may be."""
    if 0 < len(data) <= 4:
        return struct.pack(order + "I", len(data) << 16 | kind) + data.ljust(4, b"\0")
    return struct.pack(order + "II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(order, name, values, of_class, stored):
    """An array of class `of_class` whose numbers are stored as `stored`."""
    kind, letter = TYPES[stored]
    numbers = values.flatten(order="F").tolist()
    if letter not in "fd":
        numbers = map(int, numbers)
    body = (
        element(order, 6, struct.pack(order + "II", CLASSES[of_class], 0))
        + element(order, 5, struct.pack(f"{order}{values.ndim}i", *values.shape))
        + element(order, 1, name.encode())
        + element(order, kind, struct.pack(f"{order}{values.size}{letter}", *numbers))
    )
    return struct.pack(order + "II", 14, len(body)) + body


def write(path, order, variables, compress):
    """A whole file of own making."""
    text = b"MATLAB 5.0 MAT-file, written by augur's tests".ljust(124)
    # The number MI in the writer's order; a reader that sees IM has to swap.
    file = text + struct.pack(order + "HH", 0x0100, 0x4D49)
    for variable in variables:
        if compress:
            packed = zlib.compress(variable, 9)
            variable = struct.pack(order + "II", 15, len(packed)) + packed
        file += variable
    path.write_bytes(file)


def own(path, order, count, compress, of_class="double", stored="double"):
    x, y = images(count), labels(count)
    write(path, order, [matrix(order, "X", x, "uint8", "uint8"), matrix(order, "y", y, of_class, stored)], compress)
    back = loadmat(path)
    assert (back["X"].reshape(x.shape) == x).all() and (back["y"] == y).all(), path


def scipy(path, count, compress, y_type, others=False):
    content = {"X": images(count), "y": labels(count).astype(y_type)}
    if others:
        # What may stand before them, none of it an array of real numbers.
        before = {"text": "digits", "cells": np.array([1, "two"], dtype=object), "fields": {"a": 1.5},
                  "sparse": np.eye(3) * 1j, "flags": np.array([True, False])}
        content = before | content
    savemat(path, content, do_compression=compress)


def main(folder, count):
    for compress, how in ((True, "packed"), (False, "plain")):
        scipy(folder / f"scipy-{how}-uint8.mat", count, compress, np.uint8)
        scipy(folder / f"scipy-{how}-double.mat", count, compress, np.float64)
        scipy(folder / f"scipy-{how}-others.mat", count, compress, np.int64, others=True)
        scipy(folder / f"scipy-{how}-one.mat", 1, compress, np.uint8)
        for order, name in (("<", "little"), (">", "big")):
            own(folder / f"{name}-{how}.mat", order, count, compress)
            for stored in TYPES:
                own(folder / f"{name}-{how}-{stored}.mat", order, count, compress, stored=stored)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 24)
