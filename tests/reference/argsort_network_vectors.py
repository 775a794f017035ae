"""Permutations that numpy's default argsort gives for 64-bit integers: argsort_network_vectors.json.

Made with numpy 2.4.6 on a processor with AVX2 and AVX-512 (either gives the same). Without them numpy
takes the quicksort of argsort_vectors.py. Run: python argsort_network_vectors.py > argsort_network_vectors.json
"""
import json
import random

import numpy

random.seed(24)
cases = []
for length in [0, 1, 2, 3, 5, 8, 9, 16, 17, 21, 32, 33, 61, 64, 65, 100, 128, 129, 256]:
    for distinct in [1, 2, 4, 9]:
        cases.append([random.randrange(distinct) for _ in range(length)])
cases.append([1, 1, 2, 2, 2, 3] * 8)
cases.append(sorted([1, 1, 2, 2, 2, 3] * 8))
cases.append(sorted([1, 1, 2, 2, 2, 3] * 8, reverse=True))
vectors = [{"keys": keys, "order": [int(i) for i in numpy.argsort(numpy.array(keys, dtype=numpy.int64))]} for keys in cases]
print(json.dumps({"numpy": numpy.__version__, "cases": vectors}))
