"""`make bench`: every measurement, one after the other, so that none disturbs another.

`make bench BENCH_SIZE=small` measures the lists on a twentieth of the rows, in minutes.
"""

import os
import subprocess
import sys

SMALL = ["--small"] if os.environ.get("BENCH_SIZE") == "small" else []

MODULES = ("stamping", "book", "serving", "behind_nginx", "scale", "register", "webhooks")

for module in MODULES:
    print(f"== {module} ==", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.bench.{module}", *(SMALL if module == "scale" else ())], check=True)
