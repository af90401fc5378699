"""What the fault tests and their worker process agree on."""

import os
from datetime import timedelta

import sqlalchemy as sa

from kit.jobs import Job

SOAK = os.environ.get("SOAK") == "1"
SEED = int(os.environ.get("FAULT_SEED", "2"))

STEPS = 4
LEASE = timedelta(seconds=1)
WORK = Job("several steps")
CALL = Job("leave a trace")
SLOW = Job("leave a trace slowly")
DEADLY = Job("kill the worker")

tables = sa.MetaData()
faults_step = sa.Table(
    "faults_step",
    tables,
    sa.Column("job", sa.Integer, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
)
faults_call = sa.Table(
    "faults_call",
    tables,
    sa.Column("job", sa.Integer),
    sa.Column("worker", sa.Integer),
    sa.Column("at", sa.Float),
)
