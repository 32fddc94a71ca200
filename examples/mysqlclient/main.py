"""Show which client library the driver runs with."""

import MySQLdb

print("client", MySQLdb.get_client_info())
