"""nginx and Caddy with the samples of docs/operating, on free ports of this machine."""

import datetime
import ipaddress
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from tests.demo_server import free_port
from tests.schema.execution.conftest import wait_until

SAMPLES: Path = settings.BASE_DIR / "docs" / "operating"
PATH = f"{os.environ['PATH']}:/usr/sbin"
NGINX, CADDY = shutil.which("nginx", path=PATH), shutil.which("caddy", path=PATH)


@dataclass
class Proxy:
    """A proxy that answers `localhost`, with the certificate in `certificate`."""

    http: int
    https: int
    certificate: Path

    @property
    def address(self) -> str:
        return f"https://localhost:{self.https}"


@contextmanager
def nginx(directory: Path, upstream: str, change: Callable[[str], str]) -> Iterator[Proxy]:
    """nginx with the sample in a main file like Debian's."""
    proxy = Proxy(free_port(), free_port(), *certificate(directory))
    sample = re.sub(r" *listen \[::\].*\n", "", (SAMPLES / "nginx.conf").read_text())
    for written, here in (
        ("listen 80 ", f"listen 127.0.0.1:{proxy.http} "),
        ("listen 443 ", f"listen 127.0.0.1:{proxy.https} "),
        ("/etc/letsencrypt/live/courses.example/fullchain.pem", str(proxy.certificate)),
        ("/etc/letsencrypt/live/courses.example/privkey.pem", str(proxy.certificate)),
        ("https://courses.example", proxy.address),
        ("courses.example", "localhost"),
        ("127.0.0.1:8000", upstream),
    ):
        assert written in sample, written
        sample = sample.replace(written, here)
    (directory / "courses.conf").write_text(change(sample))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};\n" for kind in kinds)
    (directory / "nginx.conf").write_text(
        f"daemon off;\npid {directory}/pid;\n{'user root;' if os.geteuid() == 0 else ''}\n"
        f"events {{}}\nhttp {{\ngzip on;\naccess_log off;\n{temporary}include {directory}/courses.conf;\n}}\n"
    )
    assert NGINX
    with _running([NGINX, "-e", "stderr", "-c", str(directory / "nginx.conf")], directory, proxy):
        yield proxy


@contextmanager
def caddy(directory: Path, upstream: str, change: Callable[[str], str]) -> Iterator[Proxy]:
    proxy = Proxy(free_port(), free_port(), *certificate(directory))
    sample = (SAMPLES / "Caddyfile").read_text()
    ports = f"admin off\nhttp_port {proxy.http}\nhttps_port {proxy.https}\ndefault_bind 127.0.0.1\n"
    for written, here in (
        ("\n{\n", f"\n{{\n{ports}"),
        ("# tls /etc/ssl/courses.pem /etc/ssl/courses.key", f"tls {proxy.certificate} {proxy.certificate}"),
    ):
        assert written in sample, written
        sample = sample.replace(written, here, 1)
    (directory / "Caddyfile").write_text(change(sample))
    variables = {"SITE_HOST": "localhost", "SITE_UPSTREAM": upstream, "HOME": str(directory)}
    command = [CADDY or "", "run", "--adapter", "caddyfile", "--config", str(directory / "Caddyfile")]
    with _running(command, directory, proxy, **variables):
        yield proxy


PROXIES = {"nginx": nginx, "caddy": caddy}


@contextmanager
def _running(command: list[str], directory: Path, proxy: Proxy, **variables: str) -> Iterator[None]:
    said = directory / "said"
    with said.open("w") as log:
        process = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(process, said, proxy.https) and _answers(process, said, proxy.http))
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(process: "subprocess.Popen[bytes]", said: Path, port: int) -> bool:
    assert process.poll() is None, said.read_text()
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def certificate(directory: Path) -> tuple[Path]:
    """A certificate for `localhost`, signed by its own key, and the key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "localhost.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return (path,)
