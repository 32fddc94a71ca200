"""Make a file tree the same on every build: bytecode and times."""

import compileall
import os
import sys
from py_compile import PycInvalidationMode

# 1980-01-01T00:00:00Z. A constant, so that the same files are the same layer;
# not 0, since zip archives cannot say an earlier year.
MTIME = 315532800

# Up to here one process is done before a pool of them has started.
FEW_MODULES = 100


def compile_tree(root, strip, skip=None):
    """Compile the modules below root as they will be found at run time.

    Those whose path matches the regular expression skip are left out.

    Hash-based bytecode is valid whatever the mtimes; "unchecked" saves the
    read of the source at import. A file that does not compile (a template, a
    fixture for another Python) is not an error: it fails when imported, as it
    would anywhere.
    """
    modules = sum(name.endswith(".py") for _, _, files in os.walk(root) for name in files)
    compileall.compile_dir(
        root,
        maxlevels=sys.getrecursionlimit(),
        quiet=2,
        workers=0 if modules > FEW_MODULES else 1,
        stripdir=strip,
        prependdir="/",
        force=True,
        rx=skip,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )


def settle(root, owner=None):
    """Fix the time, and with owner (uid, gid) the owner, of all below root."""
    paths = [root]
    for base, dirs, files in os.walk(root):
        paths.extend(os.path.join(base, name) for name in dirs + files)
    for path in reversed(paths):
        if owner is not None:
            os.chown(path, *owner, follow_symlinks=False)
        os.utime(path, (MTIME, MTIME), follow_symlinks=False)
