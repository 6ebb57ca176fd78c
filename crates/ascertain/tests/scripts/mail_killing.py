"""A mail server that kills its client, for one test: mail_killing.py SEED LEDGER PIDFILE KILLS

Prints its port. Every message it takes over stands in LEDGER, a line each, durable before its reply; every DATA it lets through is counted
there too. At moments drawn from SEED, KILLS times at most, it kills the process whose number stands in PIDFILE. Ends when stdin ends.
"""
import asyncio
import hashlib
import json
import os
import random
import signal
import sys
from email import message_from_bytes

from aiosmtpd.smtp import SMTP

MOMENTS = ["mail", "rcpt", "data", "dot", "kept", "replied"]


class Kill:
    def __init__(self, seed, ledger, pid, kills):
        self.chance, self.ledger, self.pid, self.left = random.Random(int(seed)), open(ledger, "a"), pid, int(kills)

    def draw(self, session):
        """Where in this message the client dies: nowhere in one of two."""
        session.moment = self.chance.choice(MOMENTS + [None] * len(MOMENTS)) if self.left else None

    def at(self, session, moment):
        if session.moment != moment:
            return
        session.moment = None
        try:
            with open(self.pid) as file:
                os.kill(int(file.read()), signal.SIGKILL)
        except (OSError, ValueError):
            return  # it has ended, or what sends is not to be killed
        self.left -= 1
        self.write({"killed": moment})

    def write(self, what):
        self.ledger.write(json.dumps(what) + "\n")
        self.ledger.flush()
        os.fsync(self.ledger.fileno())

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.draw(session)
        self.at(session, "mail")
        envelope.mail_from = address
        return "250 2.1.0 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.at(session, "rcpt")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        self.at(session, "dot")
        content = envelope.original_content
        id = message_from_bytes(content)["Message-ID"]
        self.write({"kept": id, "to": envelope.rcpt_tos[0], "sha256": hashlib.sha256(content).hexdigest()})
        self.at(session, "kept")
        asyncio.get_running_loop().call_soon(self.at, session, "replied")
        return "250 2.0.0 kept"


class Server(SMTP):
    async def smtp_DATA(self, arg):
        self.event_handler.write({"data": self.envelope.rcpt_tos[0]})
        self.event_handler.at(self.session, "data")
        await super().smtp_DATA(arg)


async def serve(*words):
    loop, kill = asyncio.get_running_loop(), Kill(*words)
    server = await loop.create_server(lambda: Server(kill, hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(serve(*sys.argv[1:]))
