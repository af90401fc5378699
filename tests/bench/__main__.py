"""`make bench`: every measurement, one after the other, so that none disturbs another."""

import subprocess
import sys

for module in ("stamping", "serving", "behind_nginx"):
    print(f"== {module} ==", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.bench.{module}"], check=True)
