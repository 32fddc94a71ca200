"""Ask the server for its health; exit 0 when it is well.

usage: health.py PORT [PATH]

With a path the answer must be 2xx or 3xx. Without one the root is asked, and
any answer below 500 shows that the server serves.
"""

import os
import sys
import urllib.error
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer; where it leads is not this server's health."""

    def redirect_request(self, *_):
        return None


def main(default_port, path=None):
    url = f"http://127.0.0.1:{os.environ.get('PORT') or default_port}{path or '/'}"
    # No proxy: the server is in this very container.
    opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=4) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError as error:
        return f"{url}: {error}"
    limit = 400 if path else 500
    return 0 if status < limit else f"{url}: {status}"


sys.exit(main(*sys.argv[1:]))
