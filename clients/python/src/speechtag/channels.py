"""How both clients connect."""

import json

Option = tuple[str, "str | int"]

OPTIONS: list[Option] = [
    # Batches with evidence are larger than gRPC's 4 MiB.
    ("grpc.max_receive_message_length", 64 << 20),
    # Notices a server that has vanished without a word.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Several addresses behind one name (a headless service) share the calls.
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
    # gRPC waits up to two minutes before it connects again; a restart takes seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


def metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    """What every call carries."""
    return (("authorization", f"Bearer {token}"),) if token else ()
