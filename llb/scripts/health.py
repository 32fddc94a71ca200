"""Ask the server for its health; exit 0 when it is well.

usage: health.py PORT [PATH [HOST]]

With a path the answer must be 2xx or 3xx. Without one, or with an empty one, the
root is asked, and any answer below 500 shows that the server serves. The request
says that it is for HOST, as those of the app's users do.
"""

import os
import sys
import urllib.error
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer; where it leads is not this server's health."""

    def redirect_request(self, *_):
        return None


def main(default_port, path="", host=None):
    url = f"http://127.0.0.1:{os.environ.get('PORT') or default_port}{path or '/'}"
    # No proxy: the server is in this very container.
    opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(url, headers={"Host": host} if host else {})
        with opener.open(request, timeout=4) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError as error:
        return f"{url}: {error}"
    limit = 400 if path else 500
    return 0 if status < limit else f"{url}: {status}"


sys.exit(main(*sys.argv[1:]))
