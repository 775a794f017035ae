"""Permutations that numpy's quicksort gives for object arrays: argsort_vectors.json.

Made with numpy 1.19.0, the version of the tinyml-mcu notebooks; the algorithm for object arrays has
not changed since. Run: python argsort_vectors.py > argsort_vectors.json
"""
import json
import random

import numpy

random.seed(24)
cases = []
for length in [0, 1, 2, 5, 16, 17, 18, 19, 24, 33, 40, 64, 100, 257]:
    for distinct in [1, 2, 3, 7]:
        keys = [random.choice("abcdefg"[:distinct]) for _ in range(length)]
        cases.append(keys)
cases.append(list("b" * 60 + "a" * 60))
cases.append([f"{i:03}" for i in range(80)])
cases.append([f"{i:03}" for i in reversed(range(80))])
# The larger of two halves holds the least and the greatest in turn: deep partitions.
cases.append([f"{(i * 37) % 101:03}" for i in range(101)])
vectors = [
    {"keys": keys, "order": [int(i) for i in numpy.argsort(numpy.array(keys, dtype=object), kind="quicksort")]}
    for keys in cases
]
print(json.dumps({"numpy": numpy.__version__, "cases": vectors}))
