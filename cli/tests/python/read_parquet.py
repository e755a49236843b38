"""Reads leaderboard.parquet of a folder by polars, holds every value against leaderboard.csv, and prints the columns."""

import csv
import pathlib
import sys

import polars

folder = pathlib.Path(sys.argv[1])
table = polars.read_parquet(folder / "leaderboard.parquet")
with open(folder / "leaderboard.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))

assert table.columns == list(rows[0]), (table.columns, list(rows[0]))
assert table.height == len(rows), (table.height, len(rows))
for found, expected in zip(table.iter_rows(named=True), rows):
    for name, value in found.items():
        text = expected[name]
        if value is None:
            assert text == "", (name, text)
        elif isinstance(value, bool):
            assert text == str(value).lower(), (name, value, text)
        elif isinstance(value, float):
            assert float(text) == value, (name, value, text)
        else:
            assert text == str(value), (name, value, text)

for name, kind in table.schema.items():
    print(f"{name}: {kind}, {table[name].null_count()} null")
