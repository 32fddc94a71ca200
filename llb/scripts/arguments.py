"""The command line of the scripts that run uv.

Options before the commands:
  --secret-env NAME=FILE   a variable whose value is in a file, if that is there
  --index NAME=URL         an index that the project names
  --git-host HOST          a server that GIT_AUTH_TOKEN is for
  --index-url URL          an index of a requirements file, with ${NAME} in it
  --secret FILE            another secret, if that is there
  --trusted NAME           a package whose build script may see secrets
  --own N[EXTRAS]=DIR      a directory of which metadata.py wrote N.json
"""

import sys


class Options:
    """What the options before the commands say."""

    def __init__(self, words, more):
        self.secrets, self.indexes, self.git_hosts, self.urls = [], [], [], []
        self.files, self.trusted, self.own = [], [], []
        # A script's own, by their names.
        self.more = dict.fromkeys(more)
        # Whether the command may build nothing: see close in uv.py.
        self.closed = False
        for option, value in zip(words[::2], words[1::2]):
            if option == "--secret-env":
                self.secrets.append(value.split("=", 1))
            elif option == "--index":
                self.indexes.append(value.split("=", 1))
            elif option == "--git-host":
                self.git_hosts.append(value)
            elif option == "--index-url":
                self.urls.append(value)
            elif option == "--secret":
                self.files.append(value)
            elif option == "--trusted":
                self.trusted.append(value)
            elif option == "--own":
                self.own.append(value)
            elif option in self.more:
                self.more[option] = value
            else:
                sys.exit(f"unknown option {option}")


def split(argv, *more):
    """Return (options, commands): commands follow "--" and split at "--then"."""
    cut = argv.index("--")
    commands = [[]]
    for word in argv[cut + 1 :]:
        if word == "--then":
            commands.append([])
        else:
            commands[-1].append(word)
    return Options(argv[:cut], more), commands
