"""A server that speaks S3, as a process of its own: moto's, which keeps everything in memory."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import boto3

from kit.store import Bucket
from tests.mail_server import free_port, wait_until_open

KEY = {"aws_access_key_id": "of-the-test", "aws_secret_access_key": "secret-of-the-test"}
REGION = "eu-west-2"


class BucketServer:
    """Makes buckets and looks into them, past our own store."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.client: Any = boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION, **KEY)
        self._names = (f"bucket-{number}" for number in count(1))

    @property
    def access(self) -> Bucket:
        """How our store reaches it."""
        return Bucket(self.endpoint, REGION, KEY["aws_access_key_id"], KEY["aws_secret_access_key"])

    def new_bucket(self) -> str:
        """The name of a bucket that is empty."""
        name = next(self._names)
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def names_in(self, bucket: str) -> list[str]:
        """What lies in a bucket."""
        return sorted(one["Key"] for one in self.client.list_objects_v2(Bucket=bucket).get("Contents", []))


@contextmanager
def running() -> Iterator[BucketServer]:
    """Starts the server on a free port and stops it at the end."""
    port = free_port()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=quiet, stderr=quiet)
    try:
        wait_until_open(port, 60)
        yield BucketServer(port)
    finally:
        process.terminate()
        process.wait(10)
