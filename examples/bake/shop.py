"""The shop of the shop."""

import sys

import blinker

print("shop", *sys.argv[1:], "with blinker", blinker.__name__)
