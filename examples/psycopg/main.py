"""Show which libpq the driver runs with."""

import psycopg2

print("libpq", psycopg2.__libpq_version__)
