"""Say why a step failed and what to do, where people and the frontend find it."""

import collections
import sys

# The frontend reads it out of what a failed step leaves, and nobody else does.
REPORT = "/pybuild-failure.txt"

# code is an entry of docs/errors; what is one line; do may be several.
Failure = collections.namedtuple("Failure", "code what do")


def report(failure):
    """Print a failure below what was said already, and leave it for the frontend."""
    indented = failure.do.replace("\n", "\n  ")
    print(f"\n{failure.what} [{failure.code}]\n  {indented}", file=sys.stderr)
    try:
        with open(REPORT, "w", encoding="utf-8") as file:
            file.write("\n".join(failure))
    except OSError:
        # On a full disk, say; what is printed has to do then.
        pass


def end(code, what, do):
    """End the step with a failure."""
    report(Failure(code, what, do))
    sys.exit(1)
