"""The api of the shop."""

import billing

print("api with billing", billing.VERSION)
