"""What of the build's secrets no output may show, and how it is left out.

uv replaces ${NAME} in the URLs of requirements, also of those that packages have, and
repeats them.
"""

import os
import re

KEPT = 1 << 16  # bytes of a file that are looked for
LEAST = 6  # characters of a secret that a text is known to hold
# What to do about a secret in a URL of a lock.
INSTEAD = "leave it out of the URL, and pass the login as what it is: --secret id=netrc,src=$HOME/.netrc,\nfor a repository --secret id=GIT_AUTH_TOKEN"


class Mask:
    """Texts of secrets, each with the name of its variable or the path of its file."""

    def __init__(self, texts):
        # The longest first, since one may begin with another.
        found = sorted((text for text in texts if len(text) >= LEAST), key=lambda text: (-len(text), text))
        self.names = [texts[text] for text in found]
        self.pattern = re.compile("|".join(f"({''.join(map(either, text))})" for text in found), re.I)

    def hide(self, text):
        """A text with names in the place of secrets."""
        return self.pattern.sub(lambda m: shown(self.names[m.lastindex - 1]), text) if self.names else text

    def held(self, text):
        """The name of a secret that is in a text, or None."""
        found = self.pattern.search(text) if self.names else None
        return found and self.names[found.lastindex - 1]


def shown(name):
    return f"<{name}>" if os.path.isabs(name) else f"${{{name}}}"


def either(character):
    """The pattern of a character as it is and as URLs encode it."""
    encoded = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace"))
    return f"(?:{re.escape(character)}|{encoded})"


def variables(options):
    """The texts of secrets that became variables. A user name may stand in a text for
    another reason."""
    return {
        line.strip(): name
        for name, path in options.secrets
        if os.path.exists(path) and not name.endswith("_USERNAME")
        for line in read(path).splitlines()
    }


def files(options):
    """The texts of secrets that stay files. A repository may have a link to one in the place
    of its manifest, and uv quotes the line that it cannot read."""
    found = {}
    for path in filter(os.path.isfile, options.files):
        text = read(path)
        for part in [line.strip() for line in text.splitlines()] + re.findall(r"\bpassword\s+(\S+)", text):
            found[part] = path
    return found


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(KEPT)


def of_variables(options):
    """What no lock may have: in it uv writes what it fills in, which is variables."""
    return Mask(variables(options))


def of_all(options):
    """What no output may show."""
    return Mask({**files(options), **variables(options)})
