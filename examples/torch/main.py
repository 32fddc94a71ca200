"""Show what torch runs on."""

import torch

print("cuda" if torch.cuda.is_available() else "cpu")
