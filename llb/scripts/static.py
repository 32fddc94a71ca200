"""Collect the static files of a Django project below /out.

usage: static.py [options of arguments.py] -- MANAGE_PY

DJANGO_SETTINGS_MODULE names the settings. The files come to lie in /out as
they will in the image: STATIC_ROOT is only prefixed.
"""

import os
import sys
import traceback

import arguments
import failure
import tree
import uv

ROOT = "/out"


def collect():
    import django
    from django.conf import settings
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import FileSystemStorage
    from django.core.management import call_command

    django.setup()
    if not settings.STATIC_ROOT:
        print("STATIC_ROOT is empty: nothing to collect")
        return
    settings.STATIC_ROOT = ROOT + os.path.abspath(settings.STATIC_ROOT)
    os.makedirs(settings.STATIC_ROOT, exist_ok=True)
    # The storage is made when it is first used, which is now.
    if not isinstance(staticfiles_storage, FileSystemStorage):
        print("the static files are stored elsewhere: upload them when you release")
        return
    call_command("collectstatic", interactive=False, verbosity=1)


def main():
    options, (command,) = arguments.split(sys.argv[1:])
    os.environ.update(uv.environment(options))
    os.umask(0o022)
    sys.path[0] = os.path.dirname(os.path.abspath(command[0]))
    sys.path.insert(1, os.getcwd())
    try:
        collect()
    except Exception as e:
        traceback.print_exc()
        failure.report(
            failure.Failure(
                "PB522", f"collectstatic failed: {type(e).__name__}: {e}".replace("\n", " "),
                "settings that want a variable get it from the build's own environment, which never reaches the image:\n"
                '[build]\nenv = { SECRET_KEY = "only-to-build" }\nor switch it off: collectstatic = false in [build]',
            )
        )  # fmt: skip
        return 1
    tree.settle(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
