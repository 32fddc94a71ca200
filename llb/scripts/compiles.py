"""Say which of an app's files Python cannot compile, and where.

usage: compiles.py FILE...

The files lie below /src. What is wrong with them is written to
/out/mistakes.json: the frontend knows their texts, and shows the place.
"""

import json
import os
import sys
import warnings

import syntax
import tree

SOURCE = "/src"


def mistake(name):
    """What keeps a file from being compiled, or None."""
    found = syntax.mistake(os.path.join(SOURCE, name), name)
    if not found:
        return None
    line, column, message = found
    return {"file": name, "line": line or 1, "column": column or 1, "message": message}


def main():
    # Whoever imports the file is warned.
    warnings.simplefilter("ignore")
    found = [m for m in map(mistake, sys.argv[1:]) if m]
    for m in found:
        print(f"{m['file']}:{m['line']}:{m['column']}: {m['message']}", file=sys.stderr)
    with open("/out/mistakes.json", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    tree.settle("/out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
