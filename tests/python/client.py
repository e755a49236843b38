"""A client that is not ours: grpcio and the reflection service, no generated files.

Usage: client.py HOST:PORT. Lists the sweeps, watches the first to its end, reads its leaderboard, and prints what it
saw as one line of JSON, after the line "watching" once it has the snapshot.
"""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

channel = grpc.insecure_channel(sys.argv[1])
pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
service = pool.FindServiceByName("augur.v1.SweepService")


def call(method, **fields):
    """Calls a method of the sweep service with the request's fields given by name."""
    described = service.FindMethodByName(method)
    make = channel.unary_stream if described.server_streaming else channel.unary_unary
    stub = make(
        f"/{service.full_name}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(described.output_type).FromString,
    )
    return stub(GetMessageClass(described.input_type)(**fields), timeout=240)


sweeps = call("ListSweeps").sweeps
name = sweeps[0].name
events = []
for event in call("WatchSweep", name=name):
    events.append(event.WhichOneof("event"))
    if len(events) == 1:
        print("watching", flush=True)
leaderboard = call("GetLeaderboard", name=name)
print(
    json.dumps(
        {
            "services": sorted(ProtoReflectionDescriptorDatabase(channel).get_services()),
            "sweeps": [sweep.display_name for sweep in sweeps],
            "events": events,
            "state": call("GetSweep", name=name).state,
            "leaderboard": MessageToDict(leaderboard, preserving_proto_field_name=True),
        }
    )
)
