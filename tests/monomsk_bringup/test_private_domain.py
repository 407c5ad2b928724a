import subprocess
import sys

import pytest

from monomsk_bringup.errors import NoDomainError
from monomsk_bringup.private_domain import DOMAINS, PrivateDomain


def test_domains_differ_while_they_are_held(tmp_path):
    held = [PrivateDomain(tmp_path) for _ in DOMAINS]
    assert sorted(domain.domain_id for domain in held) == list(DOMAINS)
    with pytest.raises(NoDomainError):
        PrivateDomain(tmp_path)
    held[0].close()
    with PrivateDomain(tmp_path) as again:
        assert again.domain_id == held[0].domain_id
        assert again.environment()["ROS_DOMAIN_ID"] == str(again.domain_id)
    for domain in held:
        domain.close()


def test_a_killed_holder_gives_its_domain_back(tmp_path):
    code = (
        "import os,sys; from pathlib import Path;"
        "from monomsk_bringup.private_domain import PrivateDomain;"
        "held=[PrivateDomain(Path(sys.argv[1])) for _ in range(101)]; os.kill(os.getpid(), 9)"
    )
    path = f"import sys; sys.path[:0] = {sys.path!r};"
    done = subprocess.run([sys.executable, "-S", "-c", path + code, str(tmp_path)], check=False)
    assert done.returncode == -9
    with PrivateDomain(tmp_path) as domain:
        assert domain.domain_id in DOMAINS
