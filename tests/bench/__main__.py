"""`make bench`: every measurement, one after the other, so that none disturbs another.

`make bench BENCH_SIZE=small` measures the lists on a twentieth of the rows, in minutes.
"""

import os
import subprocess
import sys

SMALL = ["--small"] if os.environ.get("BENCH_SIZE") == "small" else []

for module, options in (("stamping", []), ("serving", []), ("behind_nginx", []), ("scale", SMALL), ("register", [])):
    print(f"== {module} ==", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.bench.{module}", *options], check=True)
