"""The report of the shop."""

import sys

import blinker

print("report", *sys.argv[1:], "with blinker", blinker.__name__)
