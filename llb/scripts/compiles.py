"""Say which of an app's files Python cannot compile, and where.

usage: compiles.py FILE...

The files lie below /src. What is wrong with them is written to
/out/mistakes.json: the frontend knows their texts, and shows the place.
"""

import json
import os
import sys
import warnings

import tree

SOURCE = "/src"


def mistake(name):
    """What keeps a file from being compiled, or None."""
    with open(os.path.join(SOURCE, name), "rb") as file:
        data = file.read()
    try:
        compile(data, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"file": name, "line": error.lineno or 1, "column": max(error.offset or 1, 1), "message": error.msg}
    except ValueError as error:
        # A null byte, before Python 3.12.
        return {"file": name, "line": 1, "column": 1, "message": str(error)}
    return None


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
