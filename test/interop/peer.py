"""Ends of python-websockets that are driven by lines of JSON.

A line on stdin is {"id", "op", ...}; the answer on stdout is {"id", "result"} or {"id", "error", "status"?}.
What happens by itself is {"event", "connection", ...}. The program ends with its stdin.
"""

import asyncio
import base64
import http
import itertools
import json
import sys

import websockets
from websockets.extensions import permessage_deflate

LONGEST_LINE = 64 * 1024 * 1024

connections = {}
servers = {}
numbers = itertools.count(1)


def tell(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def encoded(message):
    if isinstance(message, str):
        return {"text": message}
    return {"bytes": base64.b64encode(message).decode()}


def decoded(message):
    if "text" in message:
        return message["text"]
    return base64.b64decode(message["bytes"])


def settings(options, factory):
    deflate = options.get("deflate")
    names = {
        "serverNoContextTakeover": "server_no_context_takeover",
        "clientNoContextTakeover": "client_no_context_takeover",
        "serverMaxWindowBits": "server_max_window_bits",
        "clientMaxWindowBits": "client_max_window_bits",
    }
    extensions = None
    if deflate is not None:
        extensions = [factory(**{names[name]: value for name, value in deflate.items()})]
    return {
        "compression": None,
        "extensions": extensions,
        "max_size": options.get("maxPayload"),
        "max_queue": 4,
        "ping_interval": None,
    }


class Connection:
    def __init__(self, protocol, **about):
        self.number = next(numbers)
        self.protocol = protocol
        self.reading = asyncio.Event()
        self.reading.set()
        connections[self.number] = self
        names = [extension.name for extension in protocol.extensions]
        tell(
            event="open",
            connection=self.number,
            protocol=protocol.subprotocol or "",
            compresses="permessage-deflate" in names,
            agreement=protocol.response_headers.get("Sec-WebSocket-Extensions", ""),
            **about,
        )

    async def read(self):
        """Tells every message, and the end."""
        try:
            while True:
                await self.reading.wait()
                message = await self.protocol.recv()
                await self.reading.wait()
                tell(event="message", connection=self.number, **encoded(message))
        except websockets.ConnectionClosed:
            pass
        await self.protocol.wait_closed()
        tell(
            event="close",
            connection=self.number,
            code=self.protocol.close_code,
            reason=self.protocol.close_reason or "",
        )
        del connections[self.number]


async def connect(command):
    options = command["options"]
    protocol = await websockets.connect(
        command["url"],
        subprotocols=options.get("protocols") or None,
        **settings(options, permessage_deflate.ClientPerMessageDeflateFactory),
    )
    connection = Connection(protocol, request=command["id"])
    asyncio.create_task(connection.read())
    return connection.number


async def listen(command):
    options = command["options"]
    refuse = options.get("refuse")

    async def accept(protocol):
        await Connection(protocol, server=command["id"]).read()

    async def process_request(_path, _headers):
        return None if refuse is None else (http.HTTPStatus(refuse), [], b"Refused\n")

    server = await websockets.serve(
        accept,
        "127.0.0.1",
        0,
        subprotocols=[options["protocol"]] if "protocol" in options else None,
        process_request=process_request,
        **settings(options, permessage_deflate.ServerPerMessageDeflateFactory),
    )
    servers[command["id"]] = server
    return server.sockets[0].getsockname()[1]


async def stop_listening(command):
    server = servers.pop(command["server"])
    server.close()
    await server.wait_closed()


async def send(command):
    await connections[command["connection"]].protocol.send(decoded(command["message"]))


async def send_fragments(command):
    fragments = [decoded(fragment) for fragment in command["fragments"]]
    await connections[command["connection"]].protocol.send(fragments)


async def ping(command):
    waiter = await connections[command["connection"]].protocol.ping(command["data"])
    await waiter
    return command["data"]


async def pause(command):
    connections[command["connection"]].reading.clear()


async def resume(command):
    connections[command["connection"]].reading.set()


async def close(command):
    await connections[command["connection"]].protocol.close(command["code"], command["reason"])


async def abort(command):
    connection = connections.get(command["connection"])
    if connection is not None:
        connection.protocol.transport.abort()


operations = {
    "connect": connect,
    "listen": listen,
    "stopListening": stop_listening,
    "send": send,
    "sendFragments": send_fragments,
    "ping": ping,
    "pause": pause,
    "resume": resume,
    "close": close,
    "abort": abort,
}


async def answer(command):
    try:
        tell(id=command["id"], result=await operations[command["op"]](command))
    except websockets.InvalidStatusCode as error:
        tell(id=command["id"], error=str(error), status=error.status_code)
    except Exception as error:  # The other end has to hear of everything.
        tell(id=command["id"], error=f"{type(error).__name__}: {error}")


async def main():
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    tell(event="ready", version=websockets.__version__)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


asyncio.run(main())
