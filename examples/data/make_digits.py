#!/usr/bin/env python3
"""Makes digits-images.npy and digits-labels.npy out of a scikit-learn wheel.

    pip download --no-deps scikit-learn
    python3 make_digits.py scikit_learn-*.whl

Needs nothing but Python's standard library. The files are written beside this
script and come out the same, byte for byte, on every machine.
"""

import csv
import gzip
import io
import pathlib
import struct
import sys
import zipfile

TABLE = "sklearn/datasets/data/digits.csv.gz"
PIXELS = 64


def read_table(wheel):
    """The rows of the table as lists of 65 integers: 64 pixels, one label."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read(TABLE)).decode("ascii")
    rows = [[int(float(cell)) for cell in row] for row in csv.reader(io.StringIO(text))]
    for number, row in enumerate(rows, 1):
        if len(row) != PIXELS + 1:
            sys.exit(f"{TABLE}:{number}: {len(row)} columns, expected {PIXELS + 1}")
        if not all(0 <= pixel <= 16 for pixel in row[:-1]) or not 0 <= row[-1] <= 9:
            sys.exit(f"{TABLE}:{number}: a pixel or label is out of range")
    return rows


def write_npy(path, descr, shape, data):
    """One array in version 1.0 of NumPy's format, written by hand."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    # Magic, version and length take ten bytes; the data start at a multiple of
    # 64, and the header ends in a line feed.
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    path.write_bytes(magic + header.encode("ascii") + data)
    print(f"{path.name}: {descr} {shape}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    rows = read_table(sys.argv[1])
    here = pathlib.Path(__file__).parent
    pixels = [pixel for row in rows for pixel in row[:-1]]
    labels = [row[-1] for row in rows]
    write_npy(
        here / "digits-images.npy",
        "<f4",
        (len(rows), PIXELS),
        struct.pack(f"<{len(pixels)}f", *pixels),
    )
    write_npy(
        here / "digits-labels.npy",
        "<i8",
        (len(rows),),
        struct.pack(f"<{len(labels)}q", *labels),
    )


if __name__ == "__main__":
    main()
