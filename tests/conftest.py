"""One thread for every test: small tensors gain nothing from more, and busy thread pools slow each other."""

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ["WANDB_MODE"] = "disabled"
