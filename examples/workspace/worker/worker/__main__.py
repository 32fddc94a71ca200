"""The worker of the shop."""

import billing

print("worker with billing", billing.VERSION)
