"""A job without any dependency."""

import getpass
import json
import os
import sys

json.dump({"uid": os.getuid(), "user": getpass.getuser(), "python": sys.version_info[:2]}, sys.stdout)
