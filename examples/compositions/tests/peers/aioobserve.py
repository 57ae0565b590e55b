"""Observes: python aioobserve.py URL COUNT. Prints each representation on a line of its own."""

import asyncio
import sys

import aiocoap


async def main(url, count):
    context = await aiocoap.Context.create_client_context()
    request = context.request(aiocoap.Message(code=aiocoap.GET, uri=url, observe=0))
    print((await request.response).payload.decode(), flush=True)
    left = count - 1
    async for notification in request.observation:
        print(notification.payload.decode(), flush=True)
        left -= 1
        if left == 0:
            break
    await context.shutdown()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
