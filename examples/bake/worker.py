"""The worker of the shop."""

import sys

import blinker

print("worker", *sys.argv[1:], "with blinker", blinker.__name__)
