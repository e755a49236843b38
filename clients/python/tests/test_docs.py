"""docs/api.md: every example is run, and its tables are complete."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from conftest import spec
from coordinator import Coordinator
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from light_worker import LightWorker

import augur
from augur.v1 import sweep_service_pb2, worker_service_pb2

_ROOT = Path(__file__).resolve().parents[3]
_DOCS = (_ROOT / "docs" / "api.md").read_text()
_ADDRESS = "127.0.0.1:7461"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A coordinator of its own, in a folder that has the spec of which the examples speak."""
    (tmp_path / "screws.yaml").write_text(spec("screws"))
    monkeypatch.chdir(tmp_path)
    coordinator = Coordinator(tmp_path)
    yield coordinator.url.removeprefix("http://")
    coordinator.kill()


def test_the_python_examples_run_in_order(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", _DOCS, flags=re.MULTILINE | re.DOTALL)
    assert len(examples) >= 6
    names: dict[str, Any] = {}
    with LightWorker(f"http://{address}"):
        for example in examples:
            exec(compile(example.replace(_ADDRESS, address), "docs/api.md", "exec"), names)
    assert len(names["chosen"]) == 2
    assert len(names["best"]) == 2
    assert len(names["epochs"]) == 3
    said = capsys.readouterr().out
    assert "light connected" in said
    assert "SPEC_INVALID" in said


def test_the_grpcurl_examples_are_calls_of_the_api(address: str) -> None:
    """The same calls through the reflection service, with the same JSON."""
    with augur.connect(address) as client:
        client.submit("screws.yaml")
    commands = [shlex.split(line) for line in re.findall(r"^    (grpcurl .*)$", _DOCS, flags=re.MULTILINE)]
    assert len(commands) >= 10
    with grpc.insecure_channel(address) as channel, ExitStack() as later:
        for command in commands:
            # From here on the sweep has to come to its end.
            if "WatchSweep" in command[-1]:
                later.enter_context(LightWorker(f"http://{address}"))
            _run(command[command.index(_ADDRESS) + 1 :], _body(command), channel)


def _body(command: list[str]) -> Any:
    return json.loads(command[command.index("-d") + 1]) if "-d" in command else {}


def _run(action: list[str], body: Any, channel: grpc.Channel) -> None:
    reflected = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(reflected)
    match action:
        case ["list"]:
            assert {"augur.v1.SweepService", "augur.v1.WorkerService"} <= set(reflected.get_services())
        case ["describe", service]:
            pool.FindServiceByName(service)
        case [call]:
            service, name = call.split("/")
            method = pool.FindServiceByName(service).FindMethodByName(name)
            make: Any = channel.unary_stream if method.server_streaming else channel.unary_unary
            stub = make(
                f"/{call}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )
            answer = stub(json_format.ParseDict(body, GetMessageClass(method.input_type)()), timeout=60)
            assert list(answer) if method.server_streaming else answer.ByteSize() > 0, call
        case _:
            raise AssertionError(f"docs/api.md has {action} after the address")


def test_reflection_knows_what_errors_carry(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        for detail in ("ErrorInfo", "BadRequest"):
            assert pool.FindMessageTypeByName(f"google.rpc.{detail}").fields


def test_the_table_of_errors_has_every_reason() -> None:
    source = (_ROOT / "coordinator" / "src" / "error.rs").read_text()
    reasons = set(re.findall(r'(?:Code::\w+, |=> )"([A-Z_]+)"', source))
    assert len(reasons) > 12
    table = _DOCS[_DOCS.index("| code | reason |") :]
    assert reasons == set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", table)) & reasons


def test_the_table_of_calls_has_every_call() -> None:
    services = {
        **sweep_service_pb2.DESCRIPTOR.services_by_name,
        **worker_service_pb2.DESCRIPTOR.services_by_name,
    }
    calls = {call for service in services.values() for call in service.methods_by_name}
    missing = {call for call in calls if not re.search(rf"\b{call}\b", _DOCS)}
    assert not missing, f"docs/api.md does not tell of {missing}"
