"""Classification by the K nearest neighbors: what are most of them?

Points on three spirals, of which a tenth has the wrong label.
"""

import numpy as np

from keopsc.numpy import generic_argkmin

random = np.random.default_rng(0)


def spirals(count):
    label = random.integers(0, 3, count)
    t = np.sqrt(random.uniform(0.05, 1, count))
    angle = 5 * t + label * 2 * np.pi / 3
    points = t[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    return points + 0.01 * random.normal(size=points.shape), label


known, label = spirals(10000)
wrong = random.random(len(label)) < 0.1
label = np.where(wrong, random.integers(0, 3, len(label)), label)
asked, truth = spirals(10000)

K = 11
nearest = generic_argkmin("SqDist(x, y)", f"a = Vi({K})", "x = Vi(2)", "y = Vj(2)")
votes = label[nearest(asked, known)]
counts = (votes[:, :, None] == np.arange(3)).sum(1)
one = label[nearest(asked, known)[:, 0]]
print(f"right by one neighbor: {(one == truth).mean():.0%}")
print(f"right by {K} neighbors: {(counts.argmax(1) == truth).mean():.0%}")
