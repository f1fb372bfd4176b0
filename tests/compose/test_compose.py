"""docker-compose.yml needs no edited file, and what it mounts is what the tests use.

Where the Docker client has its compose part, `docker compose config` judges the file as well; the rest needs no Docker.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.config_file import review_config

TOP = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


def written() -> str:
    return (TOP / "docker-compose.yml").read_text("utf-8")


def compose(**variables: str) -> dict[str, Any]:
    """The file as compose reads it when only these variables are set."""
    text = VARIABLE.sub(lambda match: variables.get(match[1]) or match[2], written())
    read = yaml.safe_load(text)
    assert isinstance(read, dict)
    return read


SERVICES: dict[str, dict[str, Any]] = compose()["services"]


def has_compose() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0


def test_docker_takes_the_file_where_docker_is() -> None:
    """Without Docker's compose part the file is at least YAML with nothing but known variables left in it."""
    if has_compose():
        subprocess.run(["docker", "compose", "config", "--quiet"], cwd=TOP, check=True)
    assert set(SERVICES) == {"secrets", "mosquitto", "influxdb", "grafana", "hub"}


def test_every_variable_has_a_default() -> None:
    left = VARIABLE.sub("", written()).replace("$$", "")
    assert "$" not in left.replace("\n", "").replace("# ", ""), "a variable without a default needs an edited file"


def test_every_image_has_a_version_and_takes_the_prefix() -> None:
    for name, service in compose(IMAGE_PREFIX="mirror.example/")["services"].items():
        if "build" in service:
            assert service["build"]["args"]["IMAGE_PREFIX"] == "mirror.example/"
            continue
        assert service["image"].startswith("mirror.example/"), name
        assert re.search(r":\d+\.\d+", service["image"]), name


def test_what_runs_for_ever_is_watched_and_restarted() -> None:
    for name, service in SERVICES.items():
        if name == "secrets":
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name
        assert service["depends_on"]["secrets"]["condition"] == "service_completed_successfully", name


def test_a_dead_influxdb_does_not_keep_the_hub_from_starting() -> None:
    assert SERVICES["hub"]["depends_on"]["influxdb"]["condition"] == "service_started"


def test_what_is_mounted_is_in_the_repository_and_read_only() -> None:
    volumes = set(compose()["volumes"])
    for name, service in SERVICES.items():
        for mount in service["volumes"]:
            source, target, *mode = mount.split(":")
            if source.startswith("."):
                assert mode == ["ro"], (name, mount)
                assert source == "./devices" or (TOP / source).exists(), (name, mount)
            else:
                assert source in volumes, (name, mount)
            assert target.startswith("/"), (name, mount)
    mounted = [mount for service in SERVICES.values() for mount in service["volumes"]]
    assert "./devices:/app/devices:ro" in mounted
    assert any(mount.startswith("./dashboards:") for mount in mounted)


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.startswith("/secrets/"), (name, variable)


def test_the_hubs_variables_are_settings(tmp_path: Path) -> None:
    """The shipped config.yaml with these variables is a good config."""
    environment = {k: str(v or "") for k, v in SERVICES["hub"]["environment"].items()}
    for secret in ("mqtt_password", "influx_token"):
        (tmp_path / secret).write_text("x")
    inside = {k: v.replace("/secrets", str(tmp_path)) for k, v in environment.items()}
    found = review_config(TOP / "config.yaml", inside)
    assert found.mistakes == []
    assert found.config is not None
    assert found.config.broker.address == "mosquitto:1883"
    assert found.config.broker.password.get_secret_value() == "x"
    assert (found.config.influx.org, found.config.influx.bucket) == ("community", "community")
    influx = SERVICES["influxdb"]["environment"]
    assert influx["DOCKER_INFLUXDB_INIT_ORG"] == found.config.influx.org
    assert influx["DOCKER_INFLUXDB_INIT_BUCKET"] == found.config.influx.bucket


def test_grafana_finds_its_provisioning_and_its_token() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["HUB_INFLUX_BUCKET"] == SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_BUCKET"]
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (TOP / "dashboards" / Path(home).name).exists()
    source = (TOP / "dashboards/provisioning/datasources/influxdb.yaml").read_text("utf-8")
    token = SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE"]
    assert f"$__file{{{token}}}" in source
    (provider,) = yaml.safe_load((TOP / "dashboards/provisioning/dashboards/hub.yaml").read_text("utf-8"))["providers"]
    assert f"./dashboards:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


def test_the_image_runs_as_an_ordinary_user_from_locked_packages() -> None:
    lines = (TOP / "Dockerfile").read_text("utf-8").splitlines()
    assert "ARG IMAGE_PREFIX=" in lines
    assert "FROM ${IMAGE_PREFIX}library/python:3.11-slim" in lines
    assert any(line.startswith("RUN pip install --require-hashes") for line in lines)
    assert "USER hub" in lines
    assert "/healthz" in "".join(lines[lines.index("USER hub") :])


@pytest.mark.parametrize("name", ["pyproject.toml", "config.yaml"])
def test_what_the_image_copies_is_not_ignored(name: str) -> None:
    ignored = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    assert f"!{name}" in ignored
    copied = re.findall(r"^COPY (.+) \S+$", (TOP / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    for source in " ".join(copied).split():
        assert f"!{source}" in ignored


def test_the_story_is_the_default_and_real_work_is_one_variable() -> None:
    """Both commands find config.yaml where the image works, and write only to the volume."""
    assert SERVICES["hub"]["command"] == "demo --data /data/demo"
    assert compose(HUB_COMMAND="run")["services"]["hub"]["command"] == "run"
    assert "WORKDIR /app" in (TOP / "Dockerfile").read_text("utf-8")
    assert "./config.yaml:/app/config.yaml:ro" in SERVICES["hub"]["volumes"]
    assert "hub:/data" in SERVICES["hub"]["volumes"]
