"""Writes the goldens of this directory with the packaging library.

    pip install packaging && python generate.py

Each *.txt holds a target's platform tags on the first line, then its tags in
order, where * stands for one tag per platform. best.json holds the wheel that
pip would take of a list: best tag first, then the highest build tag.
"""
import json
import random
from unittest import mock

import packaging._manylinux as manylinux
import packaging._musllinux as musllinux
import packaging.tags as tags
from packaging.utils import parse_wheel_filename

TARGETS = [
    ("3.12", "amd64", "x86_64", "glibc", "2.36"),
    ("3.13t", "amd64", "x86_64", "glibc", "2.36"),
    ("3.9", "arm64", "aarch64", "glibc", "2.17"),
    ("3.14t", "arm64", "aarch64", "glibc", "2.41"),
    ("3.12", "amd64", "x86_64", "musl", "1.2"),
    ("3.14", "arm64", "aarch64", "musl", "1.2"),
    ("3.15", "amd64", "x86_64", "glibc", "2.41"),
    ("3.11", "s390x", "s390x", "glibc", "2.31"),
]


def platforms(machine, libc, version):
    v = tuple(map(int, version.split(".")))
    glibc, musl = ((v, None) if libc == "glibc" else ((-1, -1), musllinux._MuslVersion(*v)))
    with mock.patch("sysconfig.get_platform", lambda: "linux-" + machine), \
            mock.patch.object(manylinux, "_have_compatible_abi", lambda *_: True), \
            mock.patch.object(manylinux, "_get_glibc_version", lambda: glibc), \
            mock.patch.object(musllinux, "_get_musl_version", lambda *_: musl):
        return list(tags._linux_platforms(is_32bit=False))


def target_tags(python, plats):
    v = tuple(map(int, python.rstrip("t").split(".")))
    cp = "cp%d%d" % v
    abi = cp + ("t" if python.endswith("t") else "")
    return [*tags.cpython_tags(v, [abi], plats), *tags.compatible_tags(v, cp, plats)]


def names(rnd):
    pys = ["cp310", "cp311", "cp312", "cp313", "cp314", "cp315", "cp39", "cp38", "cp37", "cp36", "py3", "py2.py3", "cp32.cp312"]
    plats = ["any", "linux_x86_64", "linux_aarch64", "win_amd64", "macosx_11_0_arm64", "manylinux1_x86_64",
             "manylinux2010_x86_64", "manylinux_2_12_x86_64.manylinux2010_x86_64", "manylinux2014_x86_64",
             "manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64",
             "manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "manylinux_2_34_x86_64", "manylinux_2_39_x86_64",
             "manylinux_2_5_x86_64.manylinux1_x86_64", "musllinux_1_1_x86_64", "musllinux_1_2_x86_64",
             "musllinux_1_2_aarch64", "musllinux_1_1_aarch64", "manylinux_2_17_s390x.manylinux2014_s390x"]
    out = set()
    count = rnd.randint(3, 25)
    while len(out) < count:
        py = rnd.choice(pys)
        abis = ["none"] if py.startswith("py") else [py, py + "t", "abi3", "abi3t", "none"]
        if "." in py and py.startswith("cp"):
            abis = ["abi3"]
        build = rnd.choice(["", "", "", "", "-1", "-2", "-10", "-1a", "-1b"])
        out.add(f"demo-1.0{build}-{py}-{rnd.choice(abis)}-{rnd.choice(plats)}.whl")
    return sorted(out)


def pick(wheels, order):
    rank = {t: i for i, t in enumerate(order)}
    best = None
    for w in wheels:
        _, _, build, ts = parse_wheel_filename(w)
        r = min((rank[t] for t in ts if t in rank), default=None)
        if r is None:
            continue
        key = (-r, build)
        if best is None or key > best[0]:
            best = (key, w)
    return best[1] if best else ""


cases = []
rnd = random.Random(425)
for python, arch, machine, libc, version in TARGETS:
    plats = platforms(machine, libc, version)
    order = target_tags(python, plats)
    lines, i = [" ".join(plats)], 0
    while i < len(order):
        run = order[i:i + len(plats)]
        head = (order[i].interpreter, order[i].abi)
        if [t.platform for t in run] == plats and all((t.interpreter, t.abi) == head for t in run):
            lines.append("-".join(head) + "-*")
            i += len(plats)
        else:
            lines.append(str(order[i]))
            i += 1
    with open(f"{python}_{arch}_{libc}_{version}.txt", "w") as f:
        f.write("\n".join(lines) + "\n")
    for _ in range(25):
        wheels = names(rnd)
        cases.append({"target": f"{python}_{arch}_{libc}_{version}", "wheels": wheels, "best": pick(wheels, order)})
with open("best.json", "w") as f:
    json.dump(cases, f, indent=0)
    f.write("\n")
