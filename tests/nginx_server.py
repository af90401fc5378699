"""nginx as `deploy/` sets it up, on ports and folders of a test: the very files, with other names in them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mail_server import ROOT, free_port, wait_until_open

DEPLOY = ROOT / "deploy" / "nginx"
HOST = "localhost"

AROUND = """
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
    {more}
}}
"""


def binary() -> str | None:
    """Where nginx is; None when it is not installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    http_port: int
    https_port: int
    certificate: Path
    log: Path
    pid: int

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.https_port}"


@contextmanager
def running(folder: Path, portal_port: int, *, https_port: int = 0, more: str = "", **changes: str) -> Iterator[Nginx]:
    """Starts nginx before a portal on `portal_port`. `more` goes into its http block; `changes` replace words of the
    files in `deploy/nginx` (`proxy=` in proxy.conf, `portal=` in portal.conf, as `old->new`)."""
    http_port, https_port = free_port(), https_port or free_port()
    _make_certificate(folder)
    _write(folder, portal_port, http_port, https_port, changes)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user, more=more))
    program = binary()
    assert program, "nginx is not installed"
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"])
    try:
        wait_until_open(https_port)
        yield Nginx(http_port, https_port, folder / "fullchain.pem", folder / "error.log", process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _write(folder: Path, portal_port: int, http_port: int, https_port: int, changes: dict[str, str]) -> None:
    names = {
        "PORTAL_HOST": HOST,
        "127.0.0.1:8000": f"127.0.0.1:{portal_port}",
        "listen 80 ": f"listen 127.0.0.1:{http_port} ",
        "listen 443 ": f"listen 127.0.0.1:{https_port} ",
        "    listen [::]:": "    # listen [::]:",
        "/etc/portal/tls": str(folder),
        "/etc/portal/nginx-proxy.conf": str(folder / "proxy.conf"),
        "/opt/portal": str(ROOT),
        f"https://{HOST}$request_uri": f"https://{HOST}:{https_port}$request_uri",
    }
    for name in ("portal", "proxy"):
        text = (DEPLOY / f"{name}.conf").read_text()
        for old, new in [*names.items(), tuple(changes.get(name, "->").split("->"))]:
            text = text.replace(old, new) if old else text
        (folder / f"{name}.conf").write_text(text)


def _make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST},DNS:old.localhost"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)
