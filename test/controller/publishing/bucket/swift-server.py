"""OpenStack Swift in one process: its proxy with the S3 API, one account, container and object server, one device.

    swift-server.py DIRECTORY

Prints the port of the S3 API, and ends when its standard input does. Its one user is test:tester, with the key testing.
"""

import os
import sys

import eventlet

eventlet.monkey_patch(all=False, socket=True, select=True, time=True)

from eventlet import listen, wsgi
from paste.deploy import loadapp
from swift.common import utils

directory = sys.argv[1]
with open(f"{directory}/swift.conf", "w") as file:
    file.write("[swift-hash]\nswift_hash_path_suffix = fleet\n[storage-policy:0]\nname = one\ndefault = yes\n")
utils.SWIFT_CONF_FILE = f"{directory}/swift.conf"
utils.validate_hash_conf()

# Reads that file when it is loaded.
from swift.common.ring import RingBuilder

os.makedirs(f"{directory}/devices/d1")
defaults = (
    f"[DEFAULT]\nswift_dir = {directory}\ndevices = {directory}/devices\nmount_check = false\nlog_address = /none\n"
)
pipeline = "catch_errors gatekeeper s3api tempauth slo proxy-server"
filters = {
    "catch_errors": "catch_errors",
    "gatekeeper": "gatekeeper",
    "s3api": "s3api",
    "tempauth": "tempauth\nuser_test_tester = testing .admin",
    "slo": "slo",
}


class Cache:
    """In the place of memcached; nothing in it ends, as nothing of a test lasts."""

    def __init__(self):
        self.values = {}

    def get(self, key, **_):
        return self.values.get(key)

    def set(self, key, value, **_):
        self.values[key] = value

    def delete(self, key, **_):
        self.values.pop(key, None)


cache = Cache()


def serve(name, text):
    """Starts one server of Swift at a free port, and returns the port."""
    path = f"{directory}/{name}-server.conf"
    with open(path, "w") as file:
        file.write(text)
    socket = listen(("127.0.0.1", 0), backlog=256)
    app = loadapp(f"config:{path}", global_conf={"log_name": name})

    def cached(environment, start_response):
        return app({**environment, "swift.cache": cache}, start_response)

    eventlet.spawn(wsgi.server, socket, cached, log_output=False, debug=False)
    return socket.getsockname()[1]


for kind in ("account", "container", "object"):
    port = serve(kind, f"{defaults}[pipeline:main]\npipeline = {kind}\n[app:{kind}]\nuse = egg:swift#{kind}\n")
    builder = RingBuilder(0, 1, 0)
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1}
    )
    builder.rebalance()
    builder.get_ring().save(f"{directory}/{kind}.ring.gz")

text = f"{defaults}[pipeline:main]\npipeline = {pipeline}\n"
text += "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
text += "".join(f"[filter:{name}]\nuse = egg:swift#{use}\n" for name, use in filters.items())
print(serve("proxy", text), flush=True)
eventlet.tpool.execute(sys.stdin.read)
