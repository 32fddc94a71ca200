"""Remove from installed packages what nothing uses at run time."""

import ast
import csv
import os
import re
import shutil

TEST_DIRS = ("test", "tests")
# A line that may import from a directory of tests; ast says whether it does.
SUSPECT = re.compile(rb"^[ \t]*(?:from|import)[ \t].*\btests?\b", re.MULTILINE)


def slim(root, kinds):
    """Remove the kinds of files from every site-packages below root.

    Says what went, and what had to stay.
    """
    removed, size = [], 0
    for site in site_packages(root):
        paths = []
        if "tests" in kinds:
            paths += unused_tests(site)
        for base, _, files in os.walk(site):
            for name in files:
                path = os.path.join(base, name)
                if "archives" in kinds and name.endswith(".a"):
                    paths.append(path)
                if "stubs" in kinds and name.endswith(".pyi") and not read_at_run_time(path):
                    paths.append(path)
        gone = set()
        for path in paths:
            for file in below(path):
                size += os.lstat(file).st_size
                gone.add(os.path.relpath(file, site))
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)
        forget(site, gone)
        removed += gone
    print(f"stripped {len(removed)} files, {size / 1e6:.1f} MB: {', '.join(kinds)}")


def site_packages(root):
    for base, dirs, _ in os.walk(root):
        for name in ("site-packages", "dist-packages"):
            if name in dirs:
                dirs.remove(name)
                yield os.path.join(base, name)


def below(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(base, name) for base, _, files in os.walk(path) for name in files]


def unused_tests(site):
    """The directories of tests that nothing outside of them imports.

    One at the top is a package of its own, and not another's tests.
    """
    tests = {}
    modules = []
    for base, dirs, files in os.walk(site):
        if base != site:
            for name in [d for d in dirs if d in TEST_DIRS]:
                path = os.path.join(base, name)
                tests[os.path.relpath(path, site).replace(os.sep, ".")] = path
                dirs.remove(name)
        modules += [os.path.join(base, name) for name in files if name.endswith(".py")]
    while modules:
        module = modules.pop()
        for name in sorted(imported(module, site)):
            for test in [t for t in tests if name == t or name.startswith(t + ".")]:
                path = tests.pop(test)
                print(f"kept {os.path.relpath(path, site)}: {os.path.relpath(module, site)} imports it")
                # What is kept may import more.
                modules += [m for m in below(path) if m.endswith(".py")]
    return list(tests.values())


def imported(path, site):
    """The dotted names that a module may import from tests."""
    with open(path, "rb") as f:
        source = f.read()
    if not SUSPECT.search(source):
        return set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    package = os.path.relpath(os.path.dirname(path), site).split(os.sep)
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(above + ([node.module] if node.module else []))
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def read_at_run_time(stub):
    """Whether a stub lists what a package loads lazily (SPEC 1)."""
    try:
        with open(stub[:-1], "rb") as f:
            return b"attach_stub" in f.read()
    except FileNotFoundError:
        return False


def forget(site, gone):
    """Take files out of the RECORDs, so that importlib.metadata lists what is there."""
    for name in os.listdir(site) if gone else []:
        record = os.path.join(site, name, "RECORD")
        if not name.endswith(".dist-info") or not os.path.exists(record):
            continue
        with open(record, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))
        kept = [row for row in rows if row and os.path.normpath(row[0]) not in gone]
        if len(kept) < len(rows):
            # A file of its own: the old one may be linked from uv's cache.
            os.unlink(record)
            with open(record, "w", newline="", encoding="utf-8") as f:
                csv.writer(f, lineterminator="\n").writerows(kept)
