import numpy as np

from keopsc.numpy import Genred

density = Genred("Exp(-SqDist(X, Y))", ["X = Vi(2)", "Y = Vj(2)"], "Sum", axis=1)
X = np.array([[0.0, 0.0], [1.0, 0.0]])
Y = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
print(density(X, Y))  # one row for each row of X
