"""Show that the extension was compiled: its speedups are native code."""

from markupsafe import _speedups, escape

print(_speedups.__file__)
print(escape("<built from source>"))
