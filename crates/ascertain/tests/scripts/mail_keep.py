"""A mail server without TLS for one test. Prints its port, then for each message a line: the recipient, the bytes in hex.
Ends when stdin ends."""
import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Keep:
    async def handle_DATA(self, server, session, envelope):
        print(envelope.rcpt_tos[0], envelope.original_content.hex(), flush=True)
        return "250 2.0.0 kept"


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(serve())
