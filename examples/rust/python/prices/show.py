"""Add up some prices."""

from . import total

print(total([300, 499]), "cents")
