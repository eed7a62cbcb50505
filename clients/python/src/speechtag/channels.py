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
    """What every call carries. White space around the token is that of the file it was read from."""
    token = (token or "").strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError("token: must be printable ASCII")
    return (("authorization", f"Bearer {token}"),) if token else ()


def seconds(timeout: float) -> float:
    """`timeout`, if a call can be made in that time."""
    if not timeout > 0:
        raise ValueError(f"timeout: must be above 0 seconds, found {timeout}")
    return timeout
