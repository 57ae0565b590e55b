"""A server made with aiocoap: python aioserver.py PORT. Says `up` when it listens."""

import asyncio
import sys

import aiocoap
import aiocoap.resource as resource
from aiocoap import Code, Message

LARGE = bytes((index * 31) & 255 for index in range(1 << 20))


class Hello(resource.Resource):
    async def render_get(self, request):
        return Message(payload=b"hello", content_format=0)

    async def render_put(self, request):
        return Message(code=Code.CHANGED, payload=b"got %d" % len(request.payload))

    render_post = render_put

    async def render_delete(self, request):
        return Message(code=Code.DELETED)

    async def render_fetch(self, request):
        return Message(code=Code.CONTENT, payload=request.payload)


class Large(resource.Resource):
    async def render_get(self, request):
        return Message(payload=LARGE, content_format=42)

    async def render_put(self, request):
        right = request.payload == LARGE[: len(request.payload)]
        return Message(code=Code.CHANGED, payload=b"%d %d" % (len(request.payload), right))


class Separate(resource.Resource):
    async def render_get(self, request):
        await asyncio.sleep(1)
        return Message(payload=b"separate")


class Tick(resource.ObservableResource):
    """Changes a hundred times a second while someone looks."""

    def __init__(self, length):
        super().__init__()
        self.length = length
        self.count = 0
        self.task = None

    async def run(self):
        while True:
            await asyncio.sleep(0.01)
            self.count += 1
            self.updated_state()

    def update_observation_count(self, count):
        if count and self.task is None:
            self.task = asyncio.get_event_loop().create_task(self.run())

    async def render_get(self, request):
        return Message(payload=(b"tick %06d " % self.count).ljust(self.length, b"."))


async def main():
    root = resource.Site()
    for name, served in [
        ("hello", Hello()),
        ("large", Large()),
        ("separate", Separate()),
        ("tick", Tick(12)),
        ("large-tick", Tick(3000)),
    ]:
        root.add_resource([name], served)
    await aiocoap.Context.create_server_context(root, bind=("127.0.0.1", int(sys.argv[1])))
    print("up", flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
