#!/usr/bin/env python3
"""Writes and shows .npy files, for tests, with nothing but the library.

    npy.py write FILE TYPE SHAPE [NUMBER...]   as write x.npy '<f4' 2,3 0.5
    npy.py show FILE

Numbers are repeated until the array is full; the default is 0, 1, 2, ...
TYPE may be followed by options: `:fortran`, `:v2`, `:short`, `:long`, `:cut`
(the header ends early), `:key` (one key too many).
"""

import ast
import itertools
import math
import struct
import sys

CODES = {"<f4": "<f", "<f8": "<d", "<i8": "<q", ">f4": ">f", "<i4": "<i"}


def write(path, kind, shape, *numbers):
    kind, *options = kind.split(":")
    shape = tuple(int(extent) for extent in shape.split(",") if extent)
    count = math.prod(shape)
    source = itertools.cycle(map(float, numbers)) if numbers else itertools.count()
    whole = kind[1] == "i"
    values = [int(v) if whole else float(v) for v in itertools.islice(source, count)]
    header = {"descr": kind, "fortran_order": "fortran" in options, "shape": shape}
    if "key" in options:
        header["more"] = 1
    text = repr(header)
    if "cut" in options:
        text = text[:20]
    v2 = "v2" in options
    text += " " * (63 - (len(text) + (12 if v2 else 10)) % 64) + "\n"
    data = b"".join(struct.pack(CODES[kind], v) for v in values)
    if "short" in options:
        data = data[:-1]
    if "long" in options:
        data += b"\0"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY" + (b"\2\0" if v2 else b"\1\0"))
        file.write(struct.pack("<I" if v2 else "<H", len(text)))
        file.write(text.encode() + data)


def show(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\1\0", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    assert (10 + length) % 64 == 0 and data[9 + length : 10 + length] == b"\n"
    header = ast.literal_eval(data[10 : 10 + length].decode())
    code = CODES[header["descr"]]
    numbers = [v for (v,) in struct.iter_unpack(code, data[10 + length :])]
    assert len(numbers) == math.prod(header["shape"])
    print(header["descr"], header["shape"], *("%.6g" % v for v in numbers))


if __name__ == "__main__":
    {"write": write, "show": show}[sys.argv[1]](*sys.argv[2:])
