"""Show where numpy runs."""

import sys

import numpy

print(numpy.arange(5).sum(), f"{sys.version_info.major}.{sys.version_info.minor}", numpy.__file__)
