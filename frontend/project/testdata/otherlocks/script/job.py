#!/usr/bin/env python3
# A script with its own dependencies.
#
# /// other
# dependencies = ["not for us"]
# ///

# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "httpx>=0.27,<0.28",
#   "idna",  # no version
# ]
#
# [tool.uv]
# exclude-newer = "2026-06-01T00:00:00Z"
# constraint-dependencies = ["anyio<5"]
# ///
import httpx

print(httpx.__version__)
