"""Whatever reaches the master's port, the run goes on."""

from __future__ import annotations

import os
import subprocess
import sys

LISTENER = """
import gevent
from locust.env import Environment
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.messages import Hello, data_of, name_of, read

runner = guarded(Environment(user_classes=[]).create_master_runner("127.0.0.1", 0))
heard = []
runner.register_message(name_of(Hello), lambda environment, msg: heard.append(read(Hello, msg.data)))

import msgpack, zmq.green as zmq
stranger = zmq.Context().socket(zmq.DEALER)
stranger.setsockopt(zmq.IDENTITY, b"stranger")
stranger.connect(f"tcp://127.0.0.1:{runner.server.port}")
good = [name_of(Hello), data_of(Hello("1", 7)), "stranger"]
frames = [b"", b"\\xc1", b"\\x93\\x01", msgpack.dumps(1), msgpack.dumps([1, 2]), msgpack.dumps([[], {}, {}])]
for kind in ("locustfile", "heartbeat", "quit", "stats", "spawning", [], {}):
    frames.append(msgpack.dumps([kind, None, "stranger"]))
for data in (None, 1, {}, {"version": 1, "process": -1}):
    frames.append(msgpack.dumps([good[0], data, "stranger"]))
frames += [msgpack.dumps([good[0], good[1], "another"])]
for frame in frames:
    stranger.send(frame)
stranger.send_multipart([b"one", b"two", b"three"])
stranger.send(msgpack.dumps(good))
gevent.sleep(2)
print([one.process for one in heard if one is not None], len(heard))
"""


def test_strangers_are_not_heard_and_do_not_stop_the_listener() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTENER.replace("\\\\", "\\")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert done.stdout.strip() == "[7] 5"
