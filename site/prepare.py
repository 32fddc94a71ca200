"""Copies docs/ for the generator: `prepare.py TO`.

The pages are written for the forge, where they are read as they stand. What only it understands is said here in the
generator's words: the word behind a snippet's language is its file, and links out of docs/ lead into the repository.
"""

import posixpath
import re
import shutil
import sys
from pathlib import Path

REPOSITORY = "https://github.com/pybuild/pybuild/blob/main/"
FENCE = re.compile(r"^( *)```([\w-]+) (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((\.\.?/[^)#\s]*)(#[^)\s]*)?\)")


def prepared(text: str, page: str) -> str:
    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), match[1]))
        if path == "docs" or path.startswith("docs/"):
            return match[0]
        return f"]({REPOSITORY}{path}{match[2] or ''})"

    def fence(match: re.Match[str]) -> str:
        indent, kind, info = match.groups()
        name = re.search(r'title="([^"]*)"', info)
        if not name and "=" in info:  # it is said to a test
            return f"{indent}```{kind}"
        return f'{indent}``` {{ .{kind} title="{name[1] if name else info}" }}'

    return LINK.sub(link, FENCE.sub(fence, text))


def main(docs: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(docs, to)
    for page in to.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(prepared(text, page.relative_to(to).as_posix()), encoding="utf-8")


main(Path(__file__).parent.parent / "docs", Path(sys.argv[1]))
